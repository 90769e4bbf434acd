"""Cuts what a client writes into lines, refuses those that cannot be read, and limits the memory that a line takes.

A line is a message. `Content-Length` headers, which language servers use, are refused: the protocol has only lines.
To accept them, the answers would need such headers as well, and with a client that uses both forms nobody could tell
which one it reads.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from mcp.types import INVALID_REQUEST, PARSE_ERROR, JSONRPCError

from kie_mcp.surface.stdio.unreadable_lines import build_error

LONGEST = 64 * 1024 * 1024
"""The most bytes of a line: enough for several data URIs of the largest size."""
ENDS = 512
"""How many bytes are kept of the beginning and the end of a longer line, to find its id there."""
BLANK = b" \t\r\n\v\f\x1a\0\xef\xbb\xbf"
"""Bytes of an empty line: spaces, the end of input of a Windows console, byte order marks and bytes of UTF-16."""
MARK = b"\xef\xbb\xbf"
ID = rb'"id"\s*:\s*(-?[0-9]{1,18}|"[^"\\\x00-\x1f]{1,200}")\s*'
FIRST = re.compile(rb'\s*\{\s*(?:"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*,\s*)*' + ID + rb"[,}]")
LAST = re.compile(rb",\s*" + ID + rb'(?:,\s*"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*)*\}\s*\Z')
"""Where clients put the id: before or after everything long, but never inside it."""
HEADER = re.compile(rb"\s*content-(length|type)\s*:\s*(\S*)", re.IGNORECASE)

NO_HEADERS = (
    "Content-Length headers are not understood; nothing was done. Send one JSON-RPC message per line, without headers."
)
NOT_UTF8 = "That line is not UTF-8; nothing was done. Send one JSON-RPC message per line, as UTF-8."
TOO_LONG = "That line is longer than {} bytes; nothing was done. Hand large files in as a local path or an https URL."


class LineReader:
    """Turns bytes, in whatever pieces they come, into lines and into refusals of what is not a line."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._buffer = bytearray()
        self._tail = b""
        self._is_too_long = False
        """Whether this line is over the limit: then only its beginning and end are kept."""
        self._announced = 0
        """The number of bytes that the headers before this line announce."""
        self._after_headers = False
        self._body = 0
        """How many of the announced bytes are still to come."""
        self._has_warned = False

    def feed(self, data: bytes) -> Iterator[str | JSONRPCError]:
        """Take more bytes; yields each complete line, and each refusal."""
        while data:
            if self._body:
                part, data = data[: self._body], data[self._body :]
                self._append(part)
                self._body -= len(part)
                if not self._body:
                    yield from self._end_body()
                continue
            part, newline, data = data.partition(b"\n")
            self._append(part)
            if newline:
                yield from self._end_line()

    def end(self) -> Iterator[str | JSONRPCError]:
        """Yield the last line, which has no line break at its end."""
        self._body = 0
        yield from self._end_line()

    def _append(self, part: bytes) -> None:
        if not self._is_too_long and len(self._buffer) + len(part) <= self._longest:
            self._buffer += part
            return
        if not self._is_too_long:
            self._is_too_long, self._tail = True, bytes(self._buffer[-ENDS:])
            self._buffer = self._buffer[:ENDS]
        self._tail = (self._tail + part)[-ENDS:]

    def _take_line(self) -> tuple[bytes, int | str | None]:
        """Empty the buffer; returns what was in it, and the request id of a line over the limit, if it can be found."""
        line, self._buffer = bytes(self._buffer), bytearray()
        request_id = _find_id(line, self._tail) if self._is_too_long else None
        return line, request_id

    def _end_line(self) -> Iterator[str | JSONRPCError]:
        line, request_id = self._take_line()
        if self._is_too_long:
            self._is_too_long = False
            yield build_error(request_id, INVALID_REQUEST, TOO_LONG.format(self._longest))
            return
        while (bare := line.lstrip(b" \t\v\f")).startswith(MARK):
            line = bare.removeprefix(MARK)
        if not line.strip(BLANK):
            if self._after_headers:
                self._after_headers, self._body = False, self._announced
            return
        if header := HEADER.match(line):
            yield from self._read_header(*header.groups())
            return
        self._after_headers = False
        yield _decode(line)

    def _read_header(self, name: bytes, value: bytes) -> Iterator[JSONRPCError]:
        self._after_headers = True
        if name.lower() == b"length":
            self._announced = int(value) if value.isdigit() and len(value) < 10 else 0
        if not self._has_warned:  # now and not after the body: a client that announced too much would wait for ever
            self._has_warned = True
            yield build_error(None, PARSE_ERROR, NO_HEADERS)

    def _end_body(self) -> Iterator[JSONRPCError]:
        line, request_id = self._take_line()
        self._is_too_long, self._announced = False, 0
        request_id = _read_id(line) if request_id is None else request_id
        if request_id is not None:
            yield build_error(request_id, INVALID_REQUEST, NO_HEADERS)


def _decode(line: bytes) -> str | JSONRPCError:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return build_error(_read_id(line), PARSE_ERROR, NOT_UTF8)
    return build_error(_read_id(line), PARSE_ERROR, NOT_UTF8) if "\0" in text else text


def _read_id(line: bytes) -> int | str | None:
    """Return the id of the request in a line; None if it cannot be found."""
    try:
        message: Any = json.loads(line.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    request_id = cast("dict[str, Any]", message).get("id") if isinstance(message, dict) else None
    return request_id if isinstance(request_id, int | str) and not isinstance(request_id, bool) else None


def _find_id(head: bytes, tail: bytes) -> int | str | None:
    found = FIRST.match(head) or LAST.search(tail)
    return _read_id(b'{"id":' + found[1] + b"}") if found else None
