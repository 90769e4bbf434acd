"""Where the waiters of a job are woken, inside one process, and told what is too short-lived to be written down."""

from dataclasses import replace
from weakref import WeakValueDictionary

import anyio

from kie_mcp.jobs.job import Job


class JobEvents:
    """One event for each job that somebody waits for; whoever waits holds it."""

    def __init__(self) -> None:
        self._events: WeakValueDictionary[str, anyio.Event] = WeakValueDictionary()
        self._words: dict[str, str] = {}

    def changed(self, job: Job) -> None:
        """Wake everybody who waits for this job."""
        self._wake(job.id)

    def say(self, job_id: str, words: str) -> None:
        """Tell everybody who waits for the job what is being done for it just now; nothing if *words* are empty."""
        if words == self._words.get(job_id, ""):
            return
        if words:
            self._words[job_id] = words
        else:
            del self._words[job_id]
        self._wake(job_id)

    def told(self, job: Job) -> Job:
        """The job as it is to be shown: its note is what was said last, as long as that goes on."""
        words = "" if job.done else self._words.get(job.id, "")
        return replace(job, note=words) if words else job

    def event(self, job_id: str) -> anyio.Event:
        """What is set at the job's next change; ask for it before reading the job."""
        return self._events.setdefault(job_id, anyio.Event())

    def _wake(self, job_id: str) -> None:
        if event := self._events.pop(job_id, None):
            event.set()
