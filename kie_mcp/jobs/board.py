"""Where the waiters of a job are woken, inside one process."""

from weakref import WeakValueDictionary

import anyio

from kie_mcp.jobs.job import Job


class Board:
    """One event for each job that somebody waits for; whoever waits holds it."""

    def __init__(self) -> None:
        self._events: WeakValueDictionary[str, anyio.Event] = WeakValueDictionary()

    def changed(self, job: Job) -> None:
        """Wake everybody who waits for this job."""
        if event := self._events.pop(job.id, None):
            event.set()

    def event(self, job_id: str) -> anyio.Event:
        """What is set at the job's next change; ask for it before reading the job."""
        return self._events.setdefault(job_id, anyio.Event())
