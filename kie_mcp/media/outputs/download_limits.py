"""Limits of a download: its bytes, its seconds, and its lowest speed."""

import re
from collections.abc import Mapping

from kie_mcp.errors import OutputError, TransientError
from kie_mcp.jobs.clock import Clock
from kie_mcp.media.probe.file_type import probe
from kie_mcp.orders.kind import KINDS, Kind
from kie_mcp.text import literal

MB = 1024 * 1024
CAPS: Mapping[Kind, int] = {kind: facts.most_bytes for kind, facts in KINDS.items()}
"""The most bytes of a file, by what a job makes."""
TOTALS: Mapping[Kind, int] = {kind: facts.most_bytes_in_all for kind, facts in KINDS.items()}
"""The most bytes of all files of a job."""
LONGEST = 600.0
"""The most seconds for a whole file."""
SPAN = 60.0
"""Seconds over which the speed is measured."""
COMPRESSIONS = frozenset({"gzip", "x-gzip", "compress", "x-compress", "deflate", "br", "zstd", "dcb", "dcz"})
"""Values of Content-Encoding that mean compression; other values say nothing about the bytes."""
_WHOLE = frozenset({200, 201, 203})
_RANGE = re.compile(r"\s*bytes\s+0+-(\d{1,18})/(\d{1,18})\s*", re.ASCII | re.IGNORECASE)
"""A Content-Range from the first byte on: some hosts send one although no range was asked for."""
SLOWEST = 1024
"""The lowest speed, in bytes a second."""


def expected_bytes(kind: Kind, seconds: float | None = None) -> int:
    """Return the bytes that must be free for a file of that kind; *seconds* is the length of its sound, if known."""
    facts = KINDS[kind]
    long = int((seconds or 0.0) * facts.usual_bytes_a_second)
    return max(facts.usual_bytes, min(long, facts.most_bytes))


class JobTotal:
    """The bytes that all files of one job may have together."""

    def __init__(self, most: int) -> None:
        self._most = self.left = most

    def take(self, size: int) -> None:
        """Count bytes. Raises OutputError if they are more than are left; then none are left."""
        left, self.left = self.left, max(self.left - size, 0)
        if size > left:
            raise self._too_many_error()

    def give_back(self, left: int) -> None:
        """Go back to *left* bytes, after a download whose bytes were not kept."""
        self.left = left

    def check(self, size: int) -> None:
        """Raise OutputError if *size* is more bytes than are left."""
        if size > self.left:
            raise self._too_many_error()

    def _too_many_error(self) -> OutputError:
        return OutputError(
            f"the files of this job have more than the {self._most} bytes that are allowed in all",
            remedy="Fetch it by its link, which lives for a day.",
        )


class DownloadLimits:
    """Checks one download against its limits; raises OutputError as soon as one is, or will be, exceeded."""

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
        """What is unusual about the answer, as a sentence; empty if nothing is."""
        if status not in _WHOLE:
            raise OutputError(f"the link answered with status {status}")
        # A small compressed body can decompress into more than fits into memory.
        given = headers.get("content-encoding", "").lower().split(",")
        encodings = {one.partition(";")[0].strip() for one in given} - {"", "identity"}
        self._compressed = ", ".join(sorted(encodings & COMPRESSIONS))
        if encodings:
            self.odd = (
                f"Its host called it encoded ({literal(', '.join(sorted(encodings)), 40)}); it is saved as it came."
            )
        self._check_size(self._length or 0)
        self._total.check(self._length or 0)

    def begin(self, head: bytes) -> None:
        """Check the first bytes of a file that its host calls compressed: often it is not. Raises OutputError."""
        if self._compressed and probe(head).family == "unknown":
            remedy = "Open the link in a browser while it lives."
            raise OutputError(
                f"the file came encoded ({literal(self._compressed, 40)}), which is refused", remedy=remedy
            )
        self._compressed = ""

    def take(self, size: int) -> None:
        """Count the next bytes, before they are written."""
        self._bytes += size
        self._check_size(self._bytes)
        self._total.take(size)
        if self._length is not None and self._bytes > self._length:
            raise OutputError(f"the file is longer than the {self._length} bytes that were announced")
        self._check_speed(size)

    def close(self) -> None:
        """Check at the end that everything came. Raises TransientError if bytes are certainly missing."""
        if not self._bytes:
            self.begin(b"")
        if self._length is not None and self._bytes != self._length:
            raise TransientError(f"the file broke off after {self._bytes} of {self._length} bytes")

    @property
    def whole(self) -> bool:
        """Whether every byte that was announced has come; False if nothing was announced."""
        return self._framed or self._bytes == self._length

    def _check_size(self, size: int) -> None:
        if size > self._cap:
            raise OutputError(f"the file is larger than the {self._cap} bytes that are allowed")

    def _check_speed(self, size: int) -> None:
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
