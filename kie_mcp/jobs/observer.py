"""The seam through which telemetry is told what is done for jobs; by itself nobody is told anything."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from kie_mcp.jobs.job import Job
from kie_mcp.jobs.lifecycle import Step

Report = Callable[[Job], None]
"""Tells what a job is after a step."""


class JobObserver:
    """Is told of every step of every job of a process, and of those who wait. Its methods must not raise."""

    def step(self, step: Step, job: Job) -> AbstractContextManager[Report]:
        """Be told that a step begins with the job as it is now; the block that is entered is the step."""
        del step, job
        return nullcontext(_ignore)

    def postpone(self, job: Job, error: Exception, seconds: float) -> None:
        """Be told that the step that is being taken came to nothing, and comes again in so many seconds."""

    def wait(self, job_id: str) -> AbstractContextManager[object]:
        """Be told that somebody waits for the job; the block that is entered is the wait."""
        del job_id
        return nullcontext()

    def close(self) -> None:
        """Send what is known and not sent yet, blocking: nothing more will be told."""


def _ignore(job: Job) -> None:
    del job
