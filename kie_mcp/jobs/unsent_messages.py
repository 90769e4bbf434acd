"""Says why a job was not sent, or that nobody knows whether it was made."""

import logging
from dataclasses import replace

from kie_mcp.errors import KieError, NotCreatedError, Trouble, UnconfirmedError
from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.timing import Timing
from kie_mcp.orders.kind import KINDS

logger = logging.getLogger(__name__)

PERHAPS = "The job may exist and may have been charged."
LOST_CREATE = UnconfirmedError(
    f"The process that sent this job stopped before Kie.ai's answer was written down. {PERHAPS}"
).trouble


def circuit_note(timing: Timing) -> str:
    """Say why a job is not sent yet although nothing is wrong with it."""
    return (
        "Kie.ai does not answer properly, so nothing is sent until a free call gets through; "
        f"given up without cost after {timing.wanted_for / 60:.0f} minutes."
    )


def describe_failed_preparation(error: Exception) -> Trouble:
    """Say why nothing was sent: then nothing was charged, whatever the cause."""
    if isinstance(error, KieError):
        return error.trouble
    logger.error("preparing a job failed", exc_info=error)
    return NotCreatedError("The job could not be prepared; nothing was sent.", remedy="See the server's log.").trouble


def describe_lost_input(job: Job, name: str, other: Job | None) -> Trouble:
    """Say that an input of the job will never be made, and what is said of that input."""
    what = f"{name}, whose output this job takes,"
    if other and name in job.parts:
        what = f"Its {KINDS[other.kind].noun} ({name})"
    end = "is gone" if other is None else "has failed" if other.phase is Phase.FAILED else f"is {other.state}"
    why = other.trouble if other else None
    message = f"{what} {end}{f': {why.message}' if why else '.'} This job itself was not sent and cost nothing."
    if why is None or name not in job.parts:
        return NotCreatedError(message, remedy="Make the other one again, then this one.").trouble
    return replace(NotCreatedError(message, remedy=why.remedy).trouble, upstream_message=why.upstream_message)


def describe_giving_up(job: Job, timing: Timing) -> Trouble:
    """Say that a job could not be sent while it was wanted."""
    minutes = timing.wanted_for / 60
    message = f"The job could not be sent for {minutes:.0f} minutes; nothing was charged. {job.note}".strip()
    remedy = "Check the network, and call again if it is still wanted."
    return NotCreatedError(message, remedy=remedy).trouble


def describe_lost_answer(error: Exception) -> Trouble:
    """Say that the answer to the create call was lost."""
    if not isinstance(error, UnconfirmedError):
        logger.error("the create call ended unexpectedly", exc_info=error)
        error = UnconfirmedError(f"Kie.ai's answer to the create call was lost. {PERHAPS}")
    return error.trouble
