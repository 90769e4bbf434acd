"""Turn the file references of an order, links or outputs of earlier jobs, into links that Kie.ai can read."""

import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from kie_mcp.errors import DeadLinkError, OrderError, OutputError, RefusedError
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.job import Job, JobState, Output
from kie_mcp.media.inputs.uploads import Say
from kie_mcp.media.outputs.file_names import order_text
from kie_mcp.media.outputs.open_saved_file import is_there
from kie_mcp.media.worker_threads import run_in_thread
from kie_mcp.orders.job_uris import parse_output_uri
from kie_mcp.orders.kind import KINDS, Family
from kie_mcp.urls import is_web_link, quote_url

FRESH = 20 * 60.0
"""Seconds for which an output's own link is used: the earliest that was seen to die lived 40 minutes."""

_NOUNS = {"image": "a picture", "audio": "audio", "video": "a video"}


class Upload(Protocol):
    """Uploads a saved file and returns its URL."""

    def __call__(self, path: Path, /, *, length: int | None, say: Say | None) -> Awaitable[str]:
        """Call `say` with the progress of a large file. Raises OutputError if it has not `length` bytes."""
        ...


class EarlierOutputs:
    """Resolves file arguments: a link stays as it is, a kie:// reference is an output of an earlier job."""

    def __init__(
        self,
        find: Callable[[str], Awaitable[Job | None]],
        upload: Upload,
        renew: Callable[[str], Awaitable[str]],
        clock: Clock,
    ) -> None:
        self._find = find
        self._upload = upload
        self._renew = renew
        self._clock = clock

    async def link(self, reference: str, *, argument: str, say: Say | None = None) -> str:
        """Return a link that Kie.ai can read now; raises OrderError naming the argument if there is none.

        `say` is called with the progress of a large upload. Raises CredentialError, BusyError, UnreachableError or
        OutputError if Kie.ai cannot be asked.
        """
        if is_web_link(reference):
            return reference
        job, output = await self._find_output(reference, argument, None)
        if self._is_fresh(job, output):
            return output.url
        with contextlib.suppress(OutputError, OSError):  # a renewed link does as well as an upload
            if url := await self._upload_saved(output, say):
                return url
        return await self._renew_link(reference, output, argument)

    async def describe(self, reference: str, *, argument: str, family: Family | None) -> Output | None:
        """Return the output behind a kie:// reference, None for a link; *family* is what the argument takes.

        Raises OrderError naming the argument if the job is unknown or has not succeeded, if it has no such output, or
        if that is not what the argument takes.
        """
        if is_web_link(reference):
            return None
        _, output = await self._find_output(reference, argument, family)
        return output

    async def words(self, reference: str) -> str:
        """Return the text of the order behind a kie:// reference; empty for a link, or for a job that is not here."""
        parsed = parse_output_uri(reference)
        job = await self._find(parsed[0]) if parsed else None
        return order_text(job) if job else ""

    async def find_unfinished(self, reference: str, *, argument: str, family: Family | None) -> Job | None:
        """Return the unfinished job that will make the file; None for a link, or if the job is done.

        *family* is what the argument takes.

        Raises OrderError naming the argument if the job is unknown or makes something else.
        """
        if is_web_link(reference):
            return None
        job, _ = await self._find_job(reference, argument)
        if job.done:
            return None
        _check_family(_expect_family(job), family, reference, argument)
        return job

    async def _find_job(self, reference: str, argument: str) -> tuple[Job, int]:
        if (parsed := parse_output_uri(reference)) is None:
            raise _refusal(argument, reference, "give an https:// link or kie://jobs/{job_id}/outputs/{n}")
        job_id, number = parsed
        if (job := await self._find(job_id)) is None:
            raise _refusal(argument, reference, "there is no such job here; find it with list_jobs")
        return job, number

    async def _find_output(self, reference: str, argument: str, wanted: Family | None) -> tuple[Job, Output]:
        job, number = await self._find_job(reference, argument)
        if job.state is not JobState.SUCCEEDED:
            raise _refusal(argument, reference, f"the job is {job.state}, and only a succeeded one has outputs")
        if number >= len(job.outputs):
            raise _refusal(argument, reference, f"the job has {len(job.outputs)} output(s), counted from 0")
        output = job.outputs[number]
        family = output.mime_type.partition("/")[0] if output.mime_type else _expect_family(job)
        _check_family(family, wanted, reference, argument)
        return job, output

    def _is_fresh(self, job: Job, output: Output) -> bool:
        now = self._clock.now()
        alive = output.expires_at is None or now < output.expires_at
        return alive and job.finished_at is not None and now - job.finished_at < FRESH

    async def _upload_saved(self, output: Output, say: Say | None) -> str | None:
        try:
            there = await run_in_thread(lambda: is_there(output))
        except OSError:  # its disk does not answer
            return None
        return await self._upload(Path(output.path), length=output.bytes, say=say) if output.path and there else None

    async def _renew_link(self, reference: str, output: Output, argument: str) -> str:
        try:
            return await self._renew(output.url)
        except (DeadLinkError, RefusedError):
            problem = "its link has died and it is not saved here; make it again"
            raise _refusal(argument, reference, problem) from None


def _expect_family(job: Job) -> str | None:
    """Return the family of the files that the job makes; None if that is not known."""
    return KINDS[job.kind].family or job.order.get("makes")


def _check_family(family: str | None, wanted: Family | None, reference: str, argument: str) -> None:
    if family and wanted and family != wanted:
        made = _NOUNS.get(family, "data")
        raise _refusal(argument, reference, f"that is {made}, and the argument takes {_NOUNS[wanted]}")


def _refusal(argument: str, reference: str, problem: str) -> OrderError:
    return OrderError(f"{quote_url(reference)}: {problem}.", argument=argument)
