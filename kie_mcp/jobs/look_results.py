"""What a look makes of a job, or a look that failed: pure functions."""

from dataclasses import replace

from kie_mcp.errors import BusyError, CredentialError, JobFailedError, KieError, LookError, Trouble
from kie_mcp.jobs.job import Job, Look, Output, Phase, Verdict, advance
from kie_mcp.jobs.timing import STANDARD, Timing
from kie_mcp.orders.kind import KINDS
from kie_mcp.text import CODE, clause, quote

MOST_OUTPUTS = 16
"""Files of one job that are saved and shown."""


def after_look(job: Job, look: Look, now: float, timing: Timing = STANDARD) -> Job:
    """Return the job with what a look says of it; a success keeps its phase until its files are saved."""
    before, unknown = job, f"Kie.ai reports a state that this version does not know: {quote(look.state, CODE)}."
    job = replace(
        job,
        updated_at=now,
        looked_at=now,
        upstream_state=look.state,
        progress=job.progress if look.progress is None else look.progress,
        credits_used=job.credits_used if look.credits is None else look.credits,
        data=look.data,
        trouble=None,
        note="" if look.known_state else unknown,
    )
    if look.verdict is Verdict.FAILED:
        return advance(job, Phase.FAILED, now, trouble=look.trouble, finished_at=_find_end(job, look, now))
    if look.verdict is not Verdict.SUCCEEDED:
        return advance(job, Phase.RUNNING, now)
    job = replace(job, succeeded_at=job.succeeded_at or now)
    if _names_nothing_yet(job, look, now, timing):
        minutes = timing.files_named_within / 60
        says = "Kie.ai says that the job succeeded, but names no file yet"
        return advance(job, Phase.RUNNING, now, note=f"{says}; it is looked at again for {minutes:.0f} min.")
    outputs = _list_outputs(job, look)
    return replace(
        job,
        finished_at=job.finished_at or _find_end(job, look, now),
        outputs=outputs[:MOST_OUTPUTS],
        trouble=look.trouble,
        note=_note_many(len(outputs)),
        took_s=job.took_s if job.done else _seconds_taken(before, look, job.succeeded_at or now, timing),
    )


def _list_outputs(job: Job, look: Look) -> tuple[Output, ...]:
    """Return the outputs that the look names; what comes with the files only where it is not known what they are."""
    saved = {output.url: output for output in job.outputs if output.url}
    roles = dict.fromkeys(look.urls, "")
    if KINDS[job.kind].family is None:
        roles |= look.extras
    named = (saved.get(url) or Output(url=url, role=role) for url, role in roles.items())
    return tuple(named)


def after_save(job: Job, outputs: tuple[Output, ...], trouble: Trouble | None, now: float) -> Job:
    """Return the job with its files, which is its success. An answer that was saved as a file is kept there only."""
    data = None if any(output.path and not output.url for output in outputs) else job.data
    roles = [output.role for output in job.outputs] + [""] * len(outputs)
    outputs = tuple(replace(output, role=role) for output, role in zip(outputs, roles, strict=False))
    return advance(job, Phase.SUCCEEDED, now, outputs=outputs, data=data, trouble=trouble)


def _names_nothing_yet(job: Job, look: Look, now: float, timing: Timing) -> bool:
    """Return whether a success without a file is too young to be believed: the list may be filled a little later."""
    is_young = abs(now - (job.succeeded_at or now)) < timing.files_named_within
    return look.trouble is not None and not job.done and is_young


def gap_for_files(job: Job, now: float, timing: Timing = STANDARD) -> float:
    """Return the seconds until a success without a file is looked at again: about as long as it has been one."""
    return min(max(now - (job.succeeded_at or now), timing.shortest_gap), timing.files_gap)


def _seconds_taken(job: Job, look: Look, now: float, timing: Timing) -> float | None:
    """Return how long it took, by Kie.ai's clock, or by ours if it was watched to its end; None if nobody knows."""
    if look.created_at is not None and look.finished_at is not None:
        seconds = look.finished_at - look.created_at
    elif job.sent_at is not None and now - (job.looked_at or job.sent_at) < 2 * timing.overdue_gap:
        seconds = now - job.sent_at
    else:
        return None
    return seconds if seconds > 0 else None


def after_failed_look(job: Job, error: Exception, now: float, *, expected: bool) -> Job:
    """Return the job with why a look said nothing of it; *expected*: whether that is no news.

    What only the user can mend is told as a trouble, though nothing is wrong with the job itself.
    """
    job = replace(job, updated_at=now, looked_at=now)
    if not isinstance(error, KieError):
        return replace(job, note="Looking failed; see the server's log.")
    if _mends_itself(error):
        return replace(job, trouble=job.trouble if job.done else None, note="" if expected else error.message)
    trouble = _to_mend(job, error)
    if job.done:
        return replace(job, note=f"{trouble.message} {trouble.remedy}")
    return replace(job, trouble=trouble, note="The job itself goes on at Kie.ai, and is looked at again.")


def expired_trouble() -> Trouble:
    """Return what is wrong with a job that Kie.ai has forgotten."""
    return replace(
        JobFailedError(
            "Kie.ai keeps what it made for 14 days, and this job is older.", remedy="Make it again."
        ).trouble,
        category="expired",
        may_have_been_charged=True,
    )


def _mends_itself(error: KieError) -> bool:
    return isinstance(error, LookError | BusyError) and not error.has_own_remedy


def _to_mend(job: Job, error: KieError) -> Trouble:
    # Jobs are kept by key, so that one with another key is found by Kie.ai's id alone.
    name = f'; with another key of the same account ask with get_job_status(job_id="{job.task_id}")'
    remedy = f"{clause(error.remedy)}{name if error.category == CredentialError.category else ''}."
    return replace(error.trouble, remedy=remedy, may_have_been_charged=True)


def _note_many(files: int) -> str:
    if files <= MOST_OUTPUTS:
        return ""
    return (
        f"Kie.ai names {files:,} files; the first {MOST_OUTPUTS} are saved, all are to be seen at https://kie.ai/logs."
    )


def _find_end(job: Job, look: Look, now: float) -> float:
    """Return when it ended: by Kie.ai's clock where that fits ours, for we may have looked long after."""
    told, latest = look.finished_at, job.succeeded_at or now
    return told if told is not None and job.created_at <= told <= now else latest
