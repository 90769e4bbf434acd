"""Save the files that Kie.ai made, whole or not at all, before their links die."""

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
from kie_mcp.media.outputs.atomic_file import AtomicFile
from kie_mcp.media.outputs.download_check import check_and_publish
from kie_mcp.media.outputs.download_limits import CAPS, TOTALS, DownloadLimits, JobTotal
from kie_mcp.media.outputs.download_protocol import Fetch
from kie_mcp.media.outputs.file_names import file_stem
from kie_mcp.media.outputs.json_answer import json_outputs, write_json
from kie_mcp.media.outputs.open_saved_file import is_changed, is_there
from kie_mcp.media.outputs.save_errors import link_error, save_trouble
from kie_mcp.media.outputs.sidecar import sidecar_trouble, write_sidecar
from kie_mcp.media.outputs.write_check import Free, check_writable, free_bytes
from kie_mcp.media.worker_threads import run_in_thread
from kie_mcp.orders.kind import Kind

logger = logging.getLogger(__name__)

LINK_LIFE = 24 * 3600.0
"""Seconds that Kie.ai promises for a link of a finished job."""
RENEWED_LIFE = 20 * 60.0
"""Seconds that a renewed link lives."""
SAVING = 600.0
"""Seconds that checking a whole file and writing it to the disk may take."""
CHECKED = 2.0
"""Seconds for which a check of the folder is valid: an order is sent right after it."""
LAST_MOMENTS = 2.0
"""Seconds that removing a part may take: one that is left over is removed an hour later."""
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between two attempts at a link that does not open: a new file may take a while to reach its host."""
SHORT_PAUSES = (1.0, 2.0, 4.0)
"""The same after a host's error or a broken connection."""
_UNNAMEABLE = frozenset({errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG})
"""Errors of a disk that does not take a character of a name."""


class OutputSaver:
    """Saves the outputs of jobs into one folder.

    Args:
        folder: Made when the first file is saved.
        fetch: Opens a link.
        renew: Asks for a living link in place of a dead one.
        clock: Tells how long a download takes.
        caps: The most bytes of a file, by what a job makes, where they differ from CAPS.
        sidecar: Whether `<file>.json` is written beside each file, with what is known of it.
        sandbox: Tells whether a sandbox made the files, as far as that is known.
        totals: The most bytes of all files of a job, by what it makes, where they differ from TOTALS.
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
        """When the last check succeeded, and for how many bytes."""

    async def check(self, room: int = 0) -> None:
        """Raise NotCreatedError if a file of *room* bytes could not be saved: before a job is paid for."""

        def check() -> None:
            check_writable(self._folder, room=room, sidecar=self._sidecar, chmod=self._chmod, free=self._free)

        at, most = self._checked
        if 0 <= self._clock.now() - at < CHECKED and room <= most:
            return
        try:
            await run_in_thread(check)
            self._checked = (self._clock.now(), room)
        except NotCreatedError as error:
            raise error.with_facts(problem=f"{error.problem} Nothing was sent.") from error
        except OSError as error:
            message = f"The output folder {self._folder} cannot be written ({error.strerror}). Nothing was sent."
            remedy = "Set KIE_OUTPUT_DIR to a folder on a disk that answers, and restart the client."
            raise NotCreatedError(message, remedy=remedy) from error

    async def save(self, job: Job, urls: Sequence[str]) -> tuple[tuple[Output, ...], Trouble | None]:
        """Save the files behind the links of a finished job; return all outputs, and what could not be saved.

        Raises nothing: an output that was not saved has no path. An answer that is no file, and too large to be shown,
        becomes a JSON file, the last output. A file that is saved already is not touched; one that is saved again
        replaces the first under its name.
        """
        outputs: list[Output] = []
        failures: list[tuple[int, Exception]] = []
        bare: list[tuple[Path, Exception]] = []
        total = JobTotal(self._totals[job.kind])
        wanted = [*map(partial(self._new_output, job), urls), *json_outputs(job)]
        for index, promised in enumerate(wanted):
            output = promised
            try:
                if kept := await self._find_saved(job, index):
                    output = kept
                    total.take(min(kept.bytes or 0, total.left))
                else:
                    output = await self._save(job, index, promised, total)
                    bare += await self._write_sidecar(job, index, output)
            except Exception as error:  # the job is paid for and done, whatever breaks here
                _log_unforeseen(job, error)
                failures.append((index + 1, error))
                output = await self._output_without_file(job, index, promised)
            outputs.append(output)
        return tuple(outputs), _join_troubles(save_trouble(failures, len(wanted), self._folder), sidecar_trouble(bare))

    async def _output_without_file(self, job: Job, index: int, promised: Output) -> Output:
        """Return the output without a file; it keeps its old path if nothing is there now: the disk may come back."""
        known = job.outputs[index] if index < len(job.outputs) else None
        with suppress(OSError):
            if (
                promised.url
                and known
                and (path := known.path)
                and not await run_in_thread(lambda: os.path.lexists(path))
            ):
                return replace(known, url=promised.url, expires_at=promised.expires_at)
        return promised

    async def _find_saved(self, job: Job, index: int) -> Output | None:
        output = job.outputs[index] if index < len(job.outputs) else None
        return output if output and await run_in_thread(lambda: is_there(output)) else None

    def _new_output(self, job: Job, url: str) -> Output:
        return Output(url=url, expires_at=(job.finished_at or self._clock.now()) + LINK_LIFE)

    async def _save(self, job: Job, index: int, output: Output, total: JobTotal) -> Output:
        if not output.url:
            part = AtomicFile(self._folder, file_stem(job, index), self._chmod)
            return await run_in_thread(lambda: write_json(part, job.data, output))
        total.check(1)
        return await self._download_by_any_link(job, index, output, total)

    async def _download_by_any_link(self, job: Job, index: int, output: Output, total: JobTotal) -> Output:
        """Download the file by its link or a renewed one; links that do not open yet are tried again for a while."""
        pauses = iter(PAUSES)
        while True:
            try:
                return await self._download_with_retries(job, index, output, total)
            except DeadLinkError as error:
                dead = error
            fresh = await self._renew_output(output)
            if isinstance(fresh, Output):
                try:
                    # The renewed link is stored only with a saved file: it cannot be renewed itself, and may be wrong.
                    return await self._download_with_retries(job, index, fresh, total)
                except DeadLinkError as error:
                    dead = error
            young = self._clock.now() < (output.expires_at or 0)
            pause = next(pauses, None)
            if pause is None or not (dead.perhaps_later and young):
                raise link_error(dead, fresh, young=young)
            await self._sleep(pause)

    async def _renew_output(self, output: Output) -> Output | KieError:
        """Ask Kie.ai for another link; return the output with it, or the error if there is none."""
        try:
            url = await self._renew(output.url)
        except KieError as error:
            return error
        return replace(output, url=url, expires_at=self._clock.now() + RENEWED_LIFE)

    async def _write_sidecar(self, job: Job, index: int, output: Output) -> list[tuple[Path, Exception]]:
        """Write the sidecar; an error is returned and not raised, because the file itself is saved."""
        if not self._sidecar or output.path is None:
            return []
        path = Path(output.path)
        try:
            await run_in_thread(
                lambda: write_sidecar(path, job, index, output, sandbox=self._sandbox(), chmod=self._chmod)
            )
        except Exception as error:
            _log_unforeseen(job, error)
            return [(path, error)]
        return []

    async def _download_with_retries(self, job: Job, index: int, output: Output, total: JobTotal) -> Output:
        """Download the file, and try a few times again after a host's error or a broken connection."""
        left, pauses = total.left, iter(SHORT_PAUSES)
        while True:
            try:
                return await self._download(job, index, output, total)
            except TransientError:
                pause = next(pauses, None)
                if pause is None:
                    raise
            total.give_back(left)
            await self._sleep(pause)

    async def _download(self, job: Job, index: int, output: Output, total: JobTotal) -> Output:
        async with self._fetch(output.url) as download:
            allowance = DownloadLimits(self._clock, download.status, download.headers, self._caps[job.kind], total)
            part = await self._create_part(job, index)
            try:
                first = True
                async for chunk in download.chunks:
                    if first:
                        allowance.begin(chunk)
                    first = False
                    allowance.take(len(chunk))
                    await run_in_thread(partial(part.write, chunk))
                allowance.close()
                path, found, odd = await run_in_thread(
                    lambda: check_and_publish(part, job.kind, allowance.whole), patience=SAVING
                )
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

    async def _create_part(self, job: Job, index: int) -> AtomicFile:
        """Create a part whose name has words of the order, or a plain name if the disk does not take them."""
        again = "-again" if await run_in_thread(lambda: is_changed(job, index, self._folder)) else ""
        try:
            return await self._create_named_part(file_stem(job, index) + again)
        except (OSError, UnicodeError) as error:
            if isinstance(error, OSError) and error.errno not in _UNNAMEABLE:
                raise
        return await self._create_named_part(file_stem(job, index, plain=True) + again)

    async def _create_named_part(self, name: str) -> AtomicFile:
        part = AtomicFile(self._folder, name, self._chmod)
        try:
            await run_in_thread(part.create)
        except BaseException:
            await _discard(part)
            raise
        return part


async def is_saved(job: Job) -> bool:
    """Return whether the files of a job exist as they were saved; True if their disk does not answer."""
    try:
        return await run_in_thread(lambda: all(map(is_there, job.outputs)))
    except OSError:
        return True


async def _discard(part: AtomicFile) -> None:
    with anyio.CancelScope(shield=True), suppress(OSError):
        await run_in_thread(part.discard, patience=LAST_MOMENTS)


def _join_troubles(save_trouble: Trouble | None, sidecar_trouble: Trouble | None) -> Trouble | None:
    """Join both: the files that were not saved come first, because they can be saved later."""
    if save_trouble is None or sidecar_trouble is None:
        return save_trouble or sidecar_trouble
    return replace(save_trouble, message=f"{save_trouble.message} {sidecar_trouble.message}")


def _log_unforeseen(job: Job, error: Exception) -> None:
    of_the_disk = isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError)
    if not of_the_disk and not isinstance(error, KieError):
        logger.error("job %s: its files are not all there\n%s", job.id, trace(error))
