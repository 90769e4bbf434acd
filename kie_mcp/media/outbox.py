"""Save what Kie.ai made, whole or not at all, before its links die."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

import anyio
from anyio.to_thread import run_sync

from kie_mcp.errors import DeadLinkError, NotCreatedError, OutputError, RefusedError, Trouble
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.job import JSON, Job, Kind, Output
from kie_mcp.media.allowance import CAPS, Allowance
from kie_mcp.media.headers import Header
from kie_mcp.media.names import stem
from kie_mcp.media.partfile import PartFile
from kie_mcp.media.probe import Probe, probe
from kie_mcp.media.sidecar import EXTENSION, undescribed, write
from kie_mcp.media.unsaved import unsaved
from kie_mcp.media.wholeness import DAMAGED, fault
from kie_mcp.text import DATA, dumped

LINK_LIFE = 24 * 3600.0
"""Seconds that Kie.ai promises for a link of a finished job."""
RENEWED_LIFE = 20 * 60.0
"""Seconds that a renewed link lives."""
_DEAD = "Look for it at https://kie.ai/logs: Kie.ai keeps files for 14 days."


class Download(Protocol):
    """An answer whose body is still to come."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """By their names in lower case."""
        ...

    @property
    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it was sent, undecoded."""
        ...


class Fetch(Protocol):
    """Opens a link; raises DeadLinkError for one that has died, OutputError for other trouble."""

    def __call__(self, url: str, /) -> AbstractAsyncContextManager[Download]:
        """Ask for what is at this link."""
        ...


class Outbox:
    """Saves the outputs of jobs into one folder.

    Args:
        folder: Made when the first file comes.
        fetch: Opens a link.
        renew: Asks for a living link in place of a dead one.
        clock: Tells how long a download takes.
        caps: The most bytes of a file, by what a job makes, where that is not the usual.
        sidecar: Whether `<file>.json` is written beside each file, with what is known of it.
        sandbox: Whether that says that a sandbox made it.
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
        sandbox: bool = False,
    ) -> None:
        self._folder = folder.absolute()
        self._fetch = fetch
        self._renew = renew
        self._clock = clock
        self._caps = {**CAPS, **caps}
        self._sidecar = sidecar
        self._sandbox = sandbox

    async def check(self) -> None:
        """Raise NotCreatedError if nothing could be saved: better known before a job is paid for than after."""
        try:
            await run_sync(_touch, self._folder)
        except OSError as error:
            message = f"The output folder {self._folder} cannot be written ({error.strerror}), so nothing was sent."
            remedy = "Set KIE_OUTPUT_DIR to a folder that can be written, and restart the client."
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
        wanted = [*map(partial(self._promised, job), urls), *_data(job)]
        for index, promised in enumerate(wanted):
            output = await self._kept(job, index) or promised
            if output.path is None:
                try:
                    output = await self._save(job, index, output)
                    bare += await self._describe(job, index, output)
                except Exception as error:  # the job is paid for and done, whatever breaks here
                    failures.append((index + 1, error))
            outputs.append(output)
        return tuple(outputs), _both(unsaved(failures, len(wanted), self._folder), undescribed(bare))

    async def _kept(self, job: Job, index: int) -> Output | None:
        output = job.outputs[index] if index < len(job.outputs) else None
        if output is None or output.path is None:
            return None
        return output if await anyio.Path(output.path).is_file() else None

    def _promised(self, job: Job, url: str) -> Output:
        return Output(url=url, expires_at=(job.finished_at or self._clock.now()) + LINK_LIFE)

    async def _save(self, job: Job, index: int, output: Output) -> Output:
        if not output.url:
            return await run_sync(_write_down, PartFile(self._folder, stem(job, index)), job.data, output)
        try:
            return await self._bring(job, index, output)
        except DeadLinkError:
            pass
        try:
            url = await self._renew(output.url)
            renewed = replace(output, url=url, expires_at=self._clock.now() + RENEWED_LIFE)
            # The renewed link is only kept with a saved file: it cannot be renewed itself, and may lead nowhere.
            return await self._bring(job, index, renewed)
        except (DeadLinkError, RefusedError):
            raise DeadLinkError("its link has died, and Kie.ai gave no living one", remedy=_DEAD) from None

    async def _describe(self, job: Job, index: int, output: Output) -> list[tuple[Path, Exception]]:
        """Write the sidecar; what goes wrong is returned, for the file itself is saved."""
        if not self._sidecar or output.path is None:
            return []
        path = Path(output.path)
        try:
            await run_sync(lambda: write(path, job, index, output, sandbox=self._sandbox))
        except Exception as error:
            return [(path, error)]
        return []

    async def _bring(self, job: Job, index: int, output: Output) -> Output:
        part = PartFile(self._folder, stem(job, index))
        try:
            async with self._fetch(output.url) as download:
                allowance = Allowance(self._clock, download.status, download.headers, self._caps[job.kind])
                await run_sync(part.create)
                async for chunk in download.chunks:
                    allowance.take(len(chunk))
                    await run_sync(part.write, chunk)
                allowance.close()
            path, found = await run_sync(_finish, part, job.kind)
        finally:
            with anyio.CancelScope(shield=True):
                await run_sync(part.discard)
        return replace(
            output,
            path=str(path),
            mime_type=found.mime_type,
            bytes=found.bytes,
            width=found.width,
            height=found.height,
            duration_s=found.duration_s,
        )


def _data(job: Job) -> list[Output]:
    """The file that the job's answer is to become, or has become, if it is no file itself."""
    known = [output for output in job.outputs if not output.url]
    if job.data is None or len(dumped(job.data)) <= DATA:
        return [replace(output, path=None) for output in known[:1]]
    return [Output(url="", mime_type="application/json")]


def _write_down(part: PartFile, data: JSON | None, output: Output) -> Output:
    """Save the answer as it came, in JSON that hides nothing."""
    if data is None:
        raise OutputError("Kie.ai's answer is not here any more", remedy="Ask again with get_job_status.")
    try:
        part.create()
        part.write(dumped(data).encode())
        part.settle()
        path = part.publish(EXTENSION)
    finally:
        part.discard()
    return replace(output, path=str(path), bytes=path.stat().st_size)


def _both(unsaved: Trouble | None, undescribed: Trouble | None) -> Trouble | None:
    """What was not saved matters more, and is what can be tried again."""
    if unsaved is None or undescribed is None:
        return unsaved or undescribed
    return replace(unsaved, message=f"{unsaved.message} {undescribed.message}")


def _touch(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _finish(part: PartFile, kind: Kind) -> tuple[Path, Probe]:
    part.settle()
    found = probe(part.path)
    _check(found, kind)
    # A length that was announced too short cuts a picture off without a sign of it.
    with Header(part.path) as header:
        if fault(found.mime_type, header) == DAMAGED:
            raise OutputError(f"the link gave {found.label} that {DAMAGED}")
    return part.publish(found.extension), found


_PICTURES = frozenset({"image/png", "image/jpeg", "image/webp"})
_MEASURED = _PICTURES | {"image/gif", "video/mp4"}


def _check(found: Probe, kind: Kind) -> None:
    fits, expected = {
        Kind.IMAGE: (found.mime_type in _PICTURES, "a PNG, JPEG or WebP picture"),
        Kind.SPEECH: (found.family == "audio", "audio"),
        Kind.TALKING_VIDEO: (found.family == "video", "a video"),
        Kind.OTHER: (found.family != "unknown", "a picture, audio or a video"),
    }[kind]
    if not fits:
        raise OutputError(f"the link gave {found.label} instead of {expected}")
    if found.mime_type in _MEASURED and found.width is None:
        raise OutputError(f"the link gave {found.label} that is damaged")
