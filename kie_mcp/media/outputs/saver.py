"""Save what Kie.ai made, whole or not at all, before its links die."""

import errno
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio

from kie_mcp.errors import DeadLinkError, KieError, NotCreatedError, TransientError, Trouble, trace
from kie_mcp.file_system import Chmod
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.job import Job, Output
from kie_mcp.media.inputs.open_file import is_changed, is_there
from kie_mcp.media.outputs.atomic_file import AtomicFile
from kie_mcp.media.outputs.download_limits import CAPS, TOTALS, DownloadLimits, JobTotal
from kie_mcp.media.outputs.fetch import Fetch
from kie_mcp.media.outputs.file_names import stem
from kie_mcp.media.outputs.json_files import data_files, write_data
from kie_mcp.media.outputs.publish import publish
from kie_mcp.media.outputs.sidecar import undescribed, write
from kie_mcp.media.outputs.unsaved import unopened, unsaved
from kie_mcp.media.outputs.write_check import Free, free_bytes, save_nothing
from kie_mcp.media.worker_threads import in_thread
from kie_mcp.orders.kind import Kind

logger = logging.getLogger(__name__)

LINK_LIFE = 24 * 3600.0
"""Seconds that Kie.ai promises for a link of a finished job."""
RENEWED_LIFE = 20 * 60.0
"""Seconds that a renewed link lives."""
SAVING = 600.0
"""Seconds in which a whole file is put on the disk."""
CHECKED = 2.0
"""Seconds for which a check holds: an order is sent right after it was taken."""
LAST_MOMENTS = 2.0
"""Seconds that a part gets to be removed: one that is left is removed an hour later."""
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between two attempts at a link that does not open: a new file may take a while to reach its host."""
SHORT_PAUSES = (1.0, 2.0, 4.0)
"""The same where a host stumbled or a connection broke."""
_UNNAMEABLE = frozenset({errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG})
"""What a disk says that does not take a letter of a name."""


class OutputSaver:
    """Saves the outputs of jobs into one folder.

    Args:
        folder: Made when the first file comes.
        fetch: Opens a link.
        renew: Asks for a living link in place of a dead one.
        clock: Tells how long a download takes.
        caps: The most bytes of a file, by what a job makes, where that is not the usual.
        sidecar: Whether `<file>.json` is written beside each file, with what is known of it.
        sandbox: Tells whether a sandbox made them, as far as that is known.
        totals: The most bytes of all files of a job, by what it makes, where that is not the usual.
        chmod: Sets permissions, where the disk has any.
        free: Tells how many bytes are free in a folder.
        sleep: Waits between two attempts at a link that does not open yet.
    """

    def __init__(
        self,
        folder: Path,
        fetch: Fetch,
        renew: Callable[[str], Awaitable[str]],
        clock: Clock,
        *,
        caps: Mapping[Kind, int] = CAPS,
        sidecar: bool = False,
        sandbox: Callable[[], bool] = lambda: False,
        totals: Mapping[Kind, int] = TOTALS,
        chmod: Chmod = os.chmod,
        free: Free = free_bytes,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._folder = folder.absolute()
        self._fetch = fetch
        self._renew = renew
        self._clock = clock
        self._caps = {**CAPS, **caps}
        self._sidecar = sidecar
        self._sandbox = sandbox
        self._totals = {**TOTALS, **totals}
        self._chmod = chmod
        self._free = free
        self._sleep = sleep
        self._checked = (float("-inf"), 0)
        """When it was last found that so many bytes could be saved."""

    async def check(self, room: int = 0) -> None:
        """Raise NotCreatedError if nothing of so many bytes could be saved: better known before a job is paid for."""

        def check() -> None:
            save_nothing(self._folder, room=room, sidecar=self._sidecar, chmod=self._chmod, free=self._free)

        at, most = self._checked
        if 0 <= self._clock.now() - at < CHECKED and room <= most:
            return
        try:
            await in_thread(check)
            self._checked = (self._clock.now(), room)
        except NotCreatedError as error:
            raise error.with_facts(problem=f"{error.problem} Nothing was sent.") from error
        except OSError as error:
            message = f"The output folder {self._folder} cannot be written ({error.strerror}). Nothing was sent."
            remedy = "Set KIE_OUTPUT_DIR to a folder on a disk that answers, and restart the client."
            raise NotCreatedError(message, remedy=remedy) from error

    async def save(self, job: Job, urls: Sequence[str]) -> tuple[tuple[Output, ...], Trouble | None]:
        """Save what is at these links of a finished job, and say what could not be saved: it raises nothing itself.

        An answer that is no file, and is too large to be shown, becomes one: the last, without a link.
        A file that the job already has here is left alone, whatever lies beside it; one that is saved again takes the
        place and the name of the first.
        """
        outputs: list[Output] = []
        failures: list[tuple[int, Exception]] = []
        bare: list[tuple[Path, Exception]] = []
        total = JobTotal(self._totals[job.kind])
        wanted = [*map(partial(self._promised, job), urls), *data_files(job)]
        for index, promised in enumerate(wanted):
            output = promised
            try:
                if kept := await self._kept(job, index):
                    output = kept
                    total.take(min(kept.bytes or 0, total.left))
                else:
                    output = await self._save(job, index, promised, total)
                    bare += await self._describe(job, index, output)
            except Exception as error:  # the job is paid for and done, whatever breaks here
                _log_unforeseen(job, error)
                failures.append((index + 1, error))
                output = await self._unsaved(job, index, promised)
            outputs.append(output)
        return tuple(outputs), _both(unsaved(failures, len(wanted), self._folder), undescribed(bare))

    async def _unsaved(self, job: Job, index: int, promised: Output) -> Output:
        """The output without a file; if it had one and nothing is there, its disk may come back."""
        known = job.outputs[index] if index < len(job.outputs) else None
        with suppress(OSError):
            if promised.url and known and (path := known.path) and not await in_thread(lambda: os.path.lexists(path)):
                return replace(known, url=promised.url, expires_at=promised.expires_at)
        return promised

    async def _kept(self, job: Job, index: int) -> Output | None:
        output = job.outputs[index] if index < len(job.outputs) else None
        return output if output and await in_thread(lambda: is_there(output)) else None

    def _promised(self, job: Job, url: str) -> Output:
        return Output(url=url, expires_at=(job.finished_at or self._clock.now()) + LINK_LIFE)

    async def _save(self, job: Job, index: int, output: Output, total: JobTotal) -> Output:
        if not output.url:
            part = AtomicFile(self._folder, stem(job, index), self._chmod)
            return await in_thread(lambda: write_data(part, job.data, output))
        total.check(1)
        return await self._brought(job, index, output, total)

    async def _brought(self, job: Job, index: int, output: Output, total: JobTotal) -> Output:
        """Bring the file by its link or a fresh one; links that do not open yet are tried again for a while."""
        pauses = iter(PAUSES)
        while True:
            try:
                return await self._bring_in_the_end(job, index, output, total)
            except DeadLinkError as error:
                dead = error
            fresh = await self._fresh(output)
            if isinstance(fresh, Output):
                try:
                    # Only kept with a saved file: it cannot be renewed itself, and may lead nowhere.
                    return await self._bring_in_the_end(job, index, fresh, total)
                except DeadLinkError as error:
                    dead = error
            young = self._clock.now() < (output.expires_at or 0)
            pause = next(pauses, None)
            if pause is None or not (dead.perhaps_later and young):
                raise unopened(dead, fresh, young=young)
            await self._sleep(pause)

    async def _fresh(self, output: Output) -> Output | KieError:
        """Ask Kie.ai for another link, or say why there is none."""
        try:
            url = await self._renew(output.url)
        except KieError as error:
            return error
        return replace(output, url=url, expires_at=self._clock.now() + RENEWED_LIFE)

    async def _describe(self, job: Job, index: int, output: Output) -> list[tuple[Path, Exception]]:
        """Write the sidecar; what goes wrong is returned, for the file itself is saved."""
        if not self._sidecar or output.path is None:
            return []
        path = Path(output.path)
        try:
            await in_thread(lambda: write(path, job, index, output, sandbox=self._sandbox(), chmod=self._chmod))
        except Exception as error:
            _log_unforeseen(job, error)
            return [(path, error)]
        return []

    async def _bring_in_the_end(self, job: Job, index: int, output: Output, total: JobTotal) -> Output:
        """Bring the file, also if its host stumbles or the connection breaks on the way, but not for long."""
        left, pauses = total.left, iter(SHORT_PAUSES)
        while True:
            try:
                return await self._bring(job, index, output, total)
            except TransientError:
                pause = next(pauses, None)
                if pause is None:
                    raise
            total.give_back(left)
            await self._sleep(pause)

    async def _bring(self, job: Job, index: int, output: Output, total: JobTotal) -> Output:
        async with self._fetch(output.url) as download:
            allowance = DownloadLimits(self._clock, download.status, download.headers, self._caps[job.kind], total)
            part = await self._begun(job, index)
            try:
                first = True
                async for chunk in download.chunks:
                    if first:
                        allowance.begin(chunk)
                    first = False
                    allowance.take(len(chunk))
                    await in_thread(partial(part.write, chunk))
                allowance.close()
                path, found, odd = await in_thread(lambda: publish(part, job.kind, allowance.whole), patience=SAVING)
            finally:
                await _discard(part)
        return replace(
            output,
            path=str(path),
            mime_type=found.mime_type,
            bytes=found.bytes,
            width=found.width,
            height=found.height,
            duration_s=found.duration_s,
            note=" ".join(filter(None, (allowance.odd, odd))),
        )

    async def _begun(self, job: Job, index: int) -> AtomicFile:
        """A part whose name says what was asked for, if the disk takes that."""
        again = "-again" if await in_thread(lambda: is_changed(job, index, self._folder)) else ""
        try:
            return await self._created(stem(job, index) + again)
        except (OSError, UnicodeError) as error:
            if isinstance(error, OSError) and error.errno not in _UNNAMEABLE:
                raise
        return await self._created(stem(job, index, plain=True) + again)

    async def _created(self, name: str) -> AtomicFile:
        part = AtomicFile(self._folder, name, self._chmod)
        try:
            await in_thread(part.create)
        except BaseException:
            await _discard(part)
            raise
        return part


async def saved(job: Job) -> bool:
    """Whether the files of a job are there as they were saved; yes if their disk does not answer."""
    try:
        return await in_thread(lambda: all(map(is_there, job.outputs)))
    except OSError:
        return True


async def _discard(part: AtomicFile) -> None:
    with anyio.CancelScope(shield=True), suppress(OSError):
        await in_thread(part.discard, patience=LAST_MOMENTS)


def _both(unsaved: Trouble | None, undescribed: Trouble | None) -> Trouble | None:
    """What was not saved matters more, and is what can be tried again."""
    if unsaved is None or undescribed is None:
        return unsaved or undescribed
    return replace(unsaved, message=f"{unsaved.message} {undescribed.message}")


def _log_unforeseen(job: Job, error: Exception) -> None:
    of_the_disk = isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError)
    if not of_the_disk and not isinstance(error, KieError):
        logger.error("job %s: its files are not all there\n%s", job.id, trace(error))
