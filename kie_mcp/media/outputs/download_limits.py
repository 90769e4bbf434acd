"""What a download may take: bytes, seconds, and not too many seconds a byte."""

import re
from collections.abc import Mapping

from kie_mcp.errors import OutputError, TransientError
from kie_mcp.jobs.clock import Clock
from kie_mcp.media.probe.file_type import probe
from kie_mcp.orders.kind import Kind
from kie_mcp.text import literal

MB = 1024 * 1024
CAPS: Mapping[Kind, int] = {
    Kind.IMAGE: 64 * MB,
    Kind.SPEECH: 128 * MB,
    Kind.TALKING_VIDEO: 2048 * MB,
    Kind.OTHER: 2048 * MB,
}
"""The most bytes of a file, by what a job makes."""
TOTALS: Mapping[Kind, int] = {
    Kind.IMAGE: 512 * MB,
    Kind.SPEECH: 256 * MB,
    Kind.TALKING_VIDEO: 4096 * MB,
    Kind.OTHER: 4096 * MB,
}
"""The most bytes of all files of a job."""
_USUAL: Mapping[Kind, int] = {
    Kind.IMAGE: 30 * MB,
    Kind.SPEECH: 15 * MB,
    Kind.TALKING_VIDEO: 50 * MB,
    Kind.OTHER: 50 * MB,
}
"""Bytes that what a job makes seldom exceeds, if it is short."""
_A_SECOND = MB
"""Bytes of a second of video: several times what was seen."""
LONGEST = 600.0
"""Seconds for a whole file."""
SPAN = 60.0
"""Seconds over which the speed is measured."""
COMPRESSIONS = frozenset({"gzip", "x-gzip", "compress", "x-compress", "deflate", "br", "zstd", "dcb", "dcz"})
"""Encodings that are one; hosts write much else there, which changes nothing about the bytes."""
_WHOLE = frozenset({200, 201, 203})
_RANGE = re.compile(r"\s*bytes\s+0+-(\d{1,18})/(\d{1,18})\s*", re.ASCII | re.IGNORECASE)
"""From the first byte on; some hosts answer so although nothing of the kind was asked."""
SLOWEST = 1024
"""Bytes a second."""


def room(kind: Kind, seconds: float | None = None) -> int:
    """Bytes that must be free for what a job of that kind may bring; *seconds* of its sound, if that is known."""
    long = int((seconds or 0.0) * _A_SECOND) if kind is Kind.TALKING_VIDEO else 0
    return max(_USUAL[kind], min(long, CAPS[kind]))


class JobTotal:
    """What all files of one job may bring: bytes."""

    def __init__(self, most: int) -> None:
        self._most = self.left = most

    def take(self, size: int) -> None:
        """Count bytes. Raises OutputError if they are more than are left; then nothing more is taken either."""
        left, self.left = self.left, max(self.left - size, 0)
        if size > left:
            raise self._too_many()

    def give_back(self, left: int) -> None:
        """Let what came since so many bytes were left not count: it was not kept."""
        self.left = left

    def check(self, size: int) -> None:
        """Raise OutputError if so many bytes are more than are left."""
        if size > self.left:
            raise self._too_many()

    def _too_many(self) -> OutputError:
        return OutputError(
            f"the files of this job have more than the {self._most} bytes that are allowed in all",
            remedy="Fetch it by its link, which lives for a day.",
        )


class DownloadLimits:
    """Counts one download; raises OutputError as soon as it takes, or is about to take, more than it may."""

    def __init__(
        self, clock: Clock, status: int, headers: Mapping[str, str], cap: int, total: JobTotal | None = None
    ) -> None:
        self._clock = clock
        self._cap = cap
        self._total = total or JobTotal(cap)
        self._began = self._span_began = clock.now()
        self._span_bytes = 0
        self._bytes = 0
        self._length = length = _length(headers)
        if status == 206 and (span := _RANGE.fullmatch(headers.get("content-range", ""))):
            self._length = int(span[2])
            status = 200 if int(span[1]) + 1 == self._length and length in {None, self._length} else status
        self._framed = "chunked" in headers.get("transfer-encoding", "").casefold()
        self.odd = ""
        """What is odd about the answer, as a sentence; empty if nothing is."""
        if status not in _WHOLE:
            raise OutputError(f"the link answered with status {status}")
        # A small compressed body can unfold into more than fits into the memory.
        given = headers.get("content-encoding", "").lower().split(",")
        encodings = {one.partition(";")[0].strip() for one in given} - {"", "identity"}
        self._compressed = ", ".join(sorted(encodings & COMPRESSIONS))
        if encodings:
            self.odd = (
                f"Its host called it encoded ({literal(', '.join(sorted(encodings)), 40)}); it is saved as it came."
            )
        self._fits(self._length or 0)
        self._total.check(self._length or 0)

    def begin(self, head: bytes) -> None:
        """Look at the first bytes: some hosts call compressed what is not."""
        if self._compressed and probe(head).family == "unknown":
            remedy = "Open the link in a browser while it lives."
            raise OutputError(
                f"the file came encoded ({literal(self._compressed, 40)}), which is refused", remedy=remedy
            )
        self._compressed = ""

    def take(self, size: int) -> None:
        """Count the next bytes, before they are written."""
        self._bytes += size
        self._fits(self._bytes)
        self._total.take(size)
        if self._length is not None and self._bytes > self._length:
            raise OutputError(f"the file is longer than the {self._length} bytes that were announced")
        self._hurries(size)

    def close(self) -> None:
        """There is no more: is it all? Raises TransientError if it certainly is not."""
        if not self._bytes:
            self.begin(b"")
        if self._length is not None and self._bytes != self._length:
            raise TransientError(f"the file broke off after {self._bytes} of {self._length} bytes")

    @property
    def whole(self) -> bool:
        """Whether every byte that was announced has come; False if nothing was announced."""
        return self._framed or self._bytes == self._length

    def _fits(self, size: int) -> None:
        if size > self._cap:
            raise OutputError(f"the file is larger than the {self._cap} bytes that are allowed")

    def _hurries(self, size: int) -> None:
        now = self._clock.now()
        if now - self._began > LONGEST:
            raise OutputError(f"the file did not arrive within {LONGEST:.0f} s")
        self._span_bytes += size
        if now - self._span_began >= SPAN:
            if self._span_bytes < SLOWEST * (now - self._span_began):
                raise OutputError(f"the file came with less than {SLOWEST} bytes a second")
            self._span_began, self._span_bytes = now, 0


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
