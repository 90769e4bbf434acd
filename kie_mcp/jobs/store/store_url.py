"""Finds the store that a URL names: today there is one kind, a SQLite file."""

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes

from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.protocols import Ledger
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.jobs.timing import STANDARD, Timing

_SQLITE = "sqlite"


def open_store(url: str, *, timing: Timing = STANDARD) -> Ledger:
    """Return the store that the URL names, still closed. Raises LedgerError if there is no such kind of store.

    `sqlite:///folder/jobs.sqlite3` is a file, written as `sqlite_url` does.
    """
    scheme, _, rest = url.partition("://")
    if scheme != _SQLITE:
        raise LedgerError(
            f"There is no ledger of the kind {scheme!r}; sqlite is allowed.",
            remedy="Give a URL as sqlite:///folder/file.",
        )
    return SqliteLedger(Path(find_path(rest)), timing=timing)


def find_path(rest: str, *, windows: bool = os.name == "nt") -> str:
    """Return the path that follows `sqlite://` in a URL: on Windows `/C:/folder/file`, or `server/share/file`."""
    path = os.fsdecode(unquote_to_bytes(rest))
    if not windows:
        return path
    return path[1:] if path.startswith("/") else f"//{path}"


def sqlite_url(path: Path) -> str:
    """Return the URL of the ledger in that file, whatever its name is made of."""
    return _SQLITE + path.absolute().as_uri().removeprefix("file")
