"""What a look makes of a job, or a look that failed: pure functions."""

from dataclasses import replace

from kie_mcp.errors import BusyError, CredentialError, JobFailedError, KieError, LookError, Trouble
from kie_mcp.jobs.job import Job, Look, Phase, Verdict, stepped
from kie_mcp.text import CODE, clause, quote

MOST_OUTPUTS = 16
"""Files of one job that are saved and shown."""
WAITS_FOR_FILES = 300.0
"""Seconds for which a success that names no file yet is looked at again."""
LONGEST_GAP = 30.0
"""Seconds between two such looks, at most."""

NAMES_NOTHING_YET = (
    "Kie.ai says that the job succeeded, but names no file yet; "
    f"it is looked at again for {WAITS_FOR_FILES / 60:.0f} min."
)


def after_look(job: Job, look: Look, now: float) -> Job:
    """Return the job with what a look says of it; a success keeps its phase until its files are saved."""
    unknown = f"Kie.ai reports a state that this version does not know: {quote(look.state, CODE)}."
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
        return stepped(job, Phase.FAILED, now, trouble=look.trouble, finished_at=_finished(job, look, now))
    if look.verdict is not Verdict.SUCCEEDED:
        return stepped(job, Phase.RUNNING, now)
    job = replace(job, succeeded_at=job.succeeded_at or now)
    if names_nothing_yet(job, look, now):
        return stepped(job, Phase.RUNNING, now, note=NAMES_NOTHING_YET)
    return replace(job, finished_at=job.finished_at or _finished(job, look, now), note=_many(len(look.urls)))


def names_nothing_yet(job: Job, look: Look, now: float) -> bool:
    """Whether a success without a file is too young to be believed: the list may be filled a little later."""
    empty = look.verdict is Verdict.SUCCEEDED and look.trouble is not None
    return empty and not job.done and abs(now - (job.succeeded_at or now)) < WAITS_FOR_FILES


def gap_for_files(job: Job, now: float, shortest: float) -> float:
    """Seconds until a success without a file is looked at again: about as long as it has been one."""
    return min(max(now - (job.succeeded_at or now), shortest), LONGEST_GAP)


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


def expired() -> Trouble:
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


def _many(links: int) -> str:
    if links <= MOST_OUTPUTS:
        return ""
    return (
        f"Kie.ai names {links:,} files; the first {MOST_OUTPUTS} are saved, all are to be seen at https://kie.ai/logs."
    )


def _finished(job: Job, look: Look, now: float) -> float:
    """When it ended: by Kie.ai's clock where that fits ours, for we may have looked long after."""
    told, latest = look.finished_at, job.succeeded_at or now
    return told if told is not None and job.created_at <= told <= now else latest
