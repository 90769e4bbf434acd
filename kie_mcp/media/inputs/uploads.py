"""Upload files to Kie.ai, the same bytes only once a day."""

import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import anyio

from kie_mcp.errors import OutputError
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.protocols import Uploads as UploadStore
from kie_mcp.media.inputs.open_file import OpenFile, open_own
from kie_mcp.media.outputs.download_limits import MB
from kie_mcp.media.worker_threads import run_in_thread
from kie_mcp.text import file_name

LIFE = 23 * 3600.0
"""Seconds for which an upload is used again: it lives for 24 hours, and the job that takes it may have to wait."""
LARGE = 5 * MB
"""Bytes from which on the progress of an upload is reported."""
PROGRESS_EVERY = 1.0
"""Seconds between two reports."""

READING = 600.0
"""Seconds that reading a whole file may take."""

Say = Callable[[str], None]
"""Receives the progress as half a sentence, such as "uploading cat.png, 3 of 8 MB"."""


class Send(Protocol):
    """Uploads an open file and returns its URL."""

    def __call__(self, source: OpenFile, /, *, name: str) -> Awaitable[str]:
        """Read the file from its beginning."""
        ...


class Uploads:
    """Uploads files of one account. `token` makes random names, so that nobody learns what a file is called here."""

    def __init__(
        self,
        send: Send,
        memory: UploadStore,
        clock: Clock,
        *,
        account: str,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._send = send
        self._memory = memory
        self._clock = clock
        self._account = account
        self._token = token
        self._turns: dict[str, anyio.Lock] = {}

    async def path(self, path: Path, *, length: int | None = None, say: Say | None = None) -> str:
        """Upload a saved file of `length` bytes and return its URL; `say` is called with the progress of a large one.

        Raises OutputError if it cannot be read or has another length, and what `link` raises.
        """
        try:
            with await run_in_thread(lambda: open_own(path, length=length)) as file:
                return await self.link(
                    file, await run_in_thread(file.digest, patience=READING), name=path.name, say=say
                )
        except OSError as error:
            raise OutputError(f"{path.name} cannot be read ({error.strerror}).", remedy="Check the file.") from None

    async def link(self, file: OpenFile, digest: str, *, name: str = "a file", say: Say | None = None) -> str:
        """Return a URL under which Kie.ai reads these bytes; `say` is called with the progress of a large file.

        `name` stands for the file in the progress. Raises OutputError if the file changes meanwhile, and what `send`
        raises.
        """
        turn = self._turns.setdefault(digest, anyio.Lock())
        try:
            async with turn:
                with suppress(LedgerError):  # it costs nothing to upload again
                    if known := await self._memory.find_upload(self._account, digest, self._clock.now() - LIFE):
                        return known
                if say and file.length >= LARGE:
                    file.on_read = self._progress_callback(name, file.length, say)
                return await self._upload(file, digest)
        finally:
            if not turn.locked():
                self._turns.pop(digest, None)

    async def _upload(self, file: OpenFile, digest: str) -> str:
        now = self._clock.now()
        found = await run_in_thread(file.probe)
        file.seek(0)
        url = await self._send(file, name=self._token() + found.extension)
        if file.sha256 != digest:
            raise OutputError("The file changed while it was uploaded.", remedy="Call again when it stays as it is.")
        with suppress(LedgerError):
            await self._memory.remember_upload(self._account, digest, url, now)
        return url

    def _progress_callback(self, name: str, length: int, say: Say) -> Callable[[int], None]:
        words = f"uploading {file_name(name)}"
        told_at = float("-inf")

        def tell(sent: int) -> None:
            nonlocal told_at
            now = self._clock.now()
            # Report also after the clock was set back.
            if not 0 <= now - told_at < PROGRESS_EVERY or sent == length:
                told_at = now
                say(f"{words}, {sent // MB} of {-(-length // MB)} MB")

        return tell
