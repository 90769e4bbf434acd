"""Answers the requests with which clients open a connection from a file that was made from the real server."""

import json
import os

from kie_mcp.greeting import plain_messages

TYPE_CHECKING = False  # importing it from typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from kie_mcp.greeting.plain_messages import JSON

FILE = os.path.join(os.path.dirname(__file__), "greeting.json")  # noqa: PTH118, PTH120 - pathlib takes long to load
_INITIALIZED = b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'


def load_table() -> "JSON":
    """Return what the real server answers: the results, and by protocol version and method which of them it is."""
    with open(FILE, encoding="utf-8") as file:  # noqa: PTH123 - the same
        return json.load(file)


class Answers:
    """The answers to one client, as long as everything it sends is plain.

    Args:
        table: What `load_table` returns.
        add_files: Adds the files of the account to the result of `resources/list`; None if that cannot be done here.
    """

    def __init__(self, table: "JSON", add_files: "Callable[[JSON], JSON | None]") -> None:
        self._table = table
        self._add_files = add_files
        self._opening: JSON | None = None
        self._version = ""
        self._has_initialized = False

    @property
    def has_begun(self) -> bool:
        """Whether the client's first request was answered."""
        return self._opening is not None

    def answer(self, line: bytes) -> bytes | None:
        """Return the line that answers a line, empty if it needs no answer; None if only the real server can tell."""
        message = plain_messages.read_message(line)
        if message is None:
            return None
        if "id" not in message:
            return b"" if self._takes_note(message) else None
        result = self._find_result(message)
        if result is None:
            return None
        self._opening = self._opening or message
        told = {"jsonrpc": "2.0", "id": message["id"], "result": result}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def write_opening(self, opening_id: str) -> bytes:
        """Return the lines by which the real server learns what the client has said, with another id."""
        if self._opening is None:
            return b""
        opening = json.dumps({**self._opening, "id": opening_id}).encode() + b"\n"
        return opening + (_INITIALIZED if self._has_initialized else b"")

    def _takes_note(self, message: "JSON") -> bool:
        """Take note of a notification; returns whether it needs nothing else."""
        method, params = message["method"], message.get("params")
        if method == "notifications/initialized" and self._version and not self._is_modern():
            self._has_initialized = True
            return plain_messages.is_plain_question(params)
        return self.has_begun and method == "notifications/cancelled" and plain_messages.is_plain_cancellation(params)

    def _find_result(self, message: "JSON") -> "JSON | None":
        version = self._find_version(message)
        number = self._table["versions"].get(version, {}).get(message["method"])
        if number is None or (self._version and version != self._version):
            return None
        result: Any = self._table["results"][number]
        if message["method"] == "resources/list":
            result = self._add_files(result)
        if result is not None:
            self._version = version
        return result

    def _find_version(self, message: "JSON") -> str:
        """Return the protocol version of a request; empty if the request is not plain, or not to be answered here."""
        params: Any = message.get("params")
        if message["method"] == "initialize":
            plain = not self._version and plain_messages.is_plain_opening(params)
            version = params["protocolVersion"] if plain else ""
            return version if isinstance(version, str) and version not in self._table["modern"] else ""
        if version := plain_messages.read_version(params):
            return version if version in self._table["modern"] else ""
        return self._version if not self._is_modern() and plain_messages.is_plain_question(params) else ""

    def _is_modern(self) -> bool:
        return self._version in self._table["modern"]
