"""The ledger of a command that only looks: whether there is one, and how it is opened and closed."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded on use: --help does without
    from kie_mcp.jobs.store.protocols import Ledger


def may_exist(path: Path) -> bool:
    """Return whether there may be a ledger at that path; to open it would make one."""
    try:
        return path.exists()
    except OSError:  # opening it will say what is wrong
        return True


@asynccontextmanager
async def open_ledger(path: Path) -> AsyncGenerator["Ledger"]:
    """Yield the ledger at that path, which is made if there is none, and close it. Raises LedgerError."""
    from kie_mcp.jobs.store.store_url import open_store, sqlite_url

    ledger = open_store(sqlite_url(path))
    try:
        await ledger.open()
        yield ledger
    finally:
        await ledger.close()
