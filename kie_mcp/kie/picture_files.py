"""Read a picture that goes into a call as a file: whole, of a kind that Kie.ai takes, and not too large."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from kie_mcp.errors import OrderError, OutputError, TransientError

if TYPE_CHECKING:  # it loads httpx
    from kie_mcp.kie.download import Download

LARGEST = 10 * 1024 * 1024
"""The most bytes of a picture, by the specification."""

_WHOLE = frozenset({200, 203})
"""The statuses of an answer that has all of a file."""


def find_picture_type(data: bytes) -> str:
    """Return the MIME type of a JPEG, PNG or WebP picture by its first bytes; empty for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


async def read_picture_file(fetch: Callable[[str], "AbstractAsyncContextManager[Download]"], url: str) -> bytes:
    """Return the bytes of the picture behind *url*.

    Raises OrderError if it is too large or no picture, and OutputError if it cannot be had.
    """
    data = bytearray()
    async with fetch(url) as download:
        if download.status not in _WHOLE or download.headers.get("content-encoding", "identity") != "identity":
            raise OutputError("The picture's host did not send it as it is.")
        async for chunk in download.chunks:
            data += chunk
            if len(data) > LARGEST:
                problem = f"the picture has more than {LARGEST // 1024**2} MB, the most that the call takes as a file."
                raise OrderError(problem, argument="image_urls", remedy="Give a smaller one.")
        if (told := download.headers.get("content-length", "")).isdecimal() and int(told) != len(data):
            raise TransientError("The connection broke while the picture came.")
    if not find_picture_type(bytes(data[:12])):
        problem = "what is behind the link is no JPEG, PNG or WebP picture."
        raise OrderError(problem, argument="image_urls", remedy="Give another picture.")
    return bytes(data)
