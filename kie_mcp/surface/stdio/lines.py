"""What a client writes, cut into lines: those that cannot be read are answered, and none takes more than its share.

A line is a message. `Content-Length` headers, as language servers use them, are not understood but refused: the
protocol knows lines only, the answers would have to be framed as well, and a client that changes its mind within a
connection leaves no way to tell which of the two it can read.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from mcp.types import INVALID_REQUEST, PARSE_ERROR, JSONRPCError

from kie_mcp.surface.stdio.unreadable_lines import refusal

LONGEST = 64 * 1024 * 1024
"""Bytes of one line: room for several data URIs of the largest size."""
ENDS = 512
"""Bytes that are kept of each end of a longer line: its id is there."""
BLANK = b" \t\r\n\v\f\x1a\0\xef\xbb\xbf"
"""Space, the end of a Windows console's input, and what a byte order mark and UTF-16 leave of an empty line."""
MARK = b"\xef\xbb\xbf"
ID = rb'"id"\s*:\s*(-?[0-9]{1,18}|"[^"\\\x00-\x1f]{1,200}")\s*'
FIRST = re.compile(rb'\s*\{\s*(?:"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*,\s*)*' + ID + rb"[,}]")
LAST = re.compile(rb",\s*" + ID + rb'(?:,\s*"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*)*\}\s*\Z')
"""Where clients put the id: before or behind everything long, and surely not inside of it."""
HEADER = re.compile(rb"\s*content-(length|type)\s*:\s*(\S*)", re.IGNORECASE)

NO_HEADERS = (
    "Content-Length headers are not understood; nothing was done. Send one JSON-RPC message a line, without headers."
)
NOT_UTF8 = "That line is not UTF-8; nothing was done. Send one JSON-RPC message a line, as UTF-8."
TOO_LONG = "That line is longer than {} bytes; nothing was done. Hand large files in as a local path or an https URL."


class Lines:
    """Takes bytes as they come; gives lines, and refusals of what is none."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._held = bytearray()
        self._tail = b""
        self._over = False
        """Whether this line is longer: then only its ends are held."""
        self._length = 0
        """What the headers before this line say."""
        self._headers = False
        self._body = 0
        """Bytes that are still to come of what the headers have announced."""
        self._told = False

    def feed(self, data: bytes) -> Iterator[str | JSONRPCError]:
        """Take more bytes; gives each line that is whole, and each refusal."""
        while data:
            if self._body:
                part, data = data[: self._body], data[self._body :]
                self._hold(part)
                self._body -= len(part)
                if not self._body:
                    yield from self._framed()
                continue
            part, newline, data = data.partition(b"\n")
            self._hold(part)
            if newline:
                yield from self._line()

    def end(self) -> Iterator[str | JSONRPCError]:
        """Give what came without a line break at the end."""
        self._body = 0
        yield from self._line()

    def _hold(self, part: bytes) -> None:
        if not self._over and len(self._held) + len(part) <= self._longest:
            self._held += part
            return
        if not self._over:
            self._over, self._tail = True, bytes(self._held[-ENDS:])
            self._held = self._held[:ENDS]
        self._tail = (self._tail + part)[-ENDS:]

    def _taken(self) -> tuple[bytes, int | str | None]:
        """What is held, which is let go; and of a longer line its id."""
        line, self._held = bytes(self._held), bytearray()
        number = _number_at_an_end(line, self._tail) if self._over else None
        return line, number

    def _line(self) -> Iterator[str | JSONRPCError]:
        line, number = self._taken()
        if self._over:
            self._over = False
            yield refusal(number, INVALID_REQUEST, TOO_LONG.format(self._longest))
            return
        while (bare := line.lstrip(b" \t\v\f")).startswith(MARK):
            line = bare.removeprefix(MARK)
        if not line.strip(BLANK):
            if self._headers:
                self._headers, self._body = False, self._length
            return
        if header := HEADER.match(line):
            yield from self._header(*header.groups())
            return
        self._headers = False
        yield _text(line)

    def _header(self, name: bytes, value: bytes) -> Iterator[JSONRPCError]:
        self._headers = True
        if name.lower() == b"length":
            self._length = int(value) if value.isdigit() and len(value) < 10 else 0
        if not self._told:  # at once: whoever counts wrong would wait for good
            self._told = True
            yield refusal(None, PARSE_ERROR, NO_HEADERS)

    def _framed(self) -> Iterator[JSONRPCError]:
        line, number = self._taken()
        self._over, self._length = False, 0
        number = _number(line) if number is None else number
        if number is not None:
            yield refusal(number, INVALID_REQUEST, NO_HEADERS)


def _text(line: bytes) -> str | JSONRPCError:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return refusal(_number(line), PARSE_ERROR, NOT_UTF8)
    return refusal(_number(line), PARSE_ERROR, NOT_UTF8) if "\0" in text else text


def _number(line: bytes) -> int | str | None:
    """The id of a request, if it can be told."""
    try:
        message: Any = json.loads(line.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    number = cast("dict[str, Any]", message).get("id") if isinstance(message, dict) else None
    return number if isinstance(number, int | str) and not isinstance(number, bool) else None


def _number_at_an_end(head: bytes, tail: bytes) -> int | str | None:
    found = FIRST.match(head) or LAST.search(tail)
    return _number(b'{"id":' + found[1] + b"}") if found else None
