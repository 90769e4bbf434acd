"""Wakes those who wait for jobs inside one process, and tells them what is too short-lived to be written down."""

from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import replace

import anyio

from kie_mcp.jobs.job import Job


class JobWatch:
    """What one waiter is told of some jobs from now on."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        """Those that have changed, as they were written down last."""
        self._event = anyio.Event()

    def wake(self) -> None:
        """End the wait that goes on now, or the next one."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for the next change, at most so many seconds; return whether there was one."""
        with anyio.move_on_after(seconds):
            await self._event.wait()
        if not self._event.is_set():
            return False
        self._event = anyio.Event()
        return True


class JobEvents:
    """Tells the changes of jobs to those who watch them."""

    def __init__(self) -> None:
        self._watches: dict[str, dict[JobWatch, None]] = {}
        self._words: dict[str, str] = {}

    @contextmanager
    def watch(self, job_ids: Collection[str]) -> Generator[JobWatch]:
        """Be told of these jobs while inside; begin before reading them, so that nothing is missed."""
        watch = JobWatch()
        for job_id in job_ids:
            self._watches.setdefault(job_id, {})[watch] = None
        try:
            yield watch
        finally:
            for job_id in set(job_ids):
                del self._watches[job_id][watch]
                if not self._watches[job_id]:
                    del self._watches[job_id]

    def publish(self, job: Job) -> None:
        """Wake everybody who waits for this job, as it was just written down."""
        for watch in self._watches.get(job.id, ()):
            watch.jobs[job.id] = job
            watch.wake()

    def say(self, job_id: str, words: str) -> None:
        """Tell everybody who waits for the job what is done for it just now; empty *words* mean nothing."""
        if words == self._words.get(job_id, ""):
            return
        if words:
            self._words[job_id] = words
        else:
            del self._words[job_id]
        for watch in self._watches.get(job_id, ()):
            watch.wake()

    def annotate(self, job: Job) -> Job:
        """Return the job as it is to be shown: its note is what was said last, as long as that goes on."""
        words = "" if job.done else self._words.get(job.id, "")
        return replace(job, note=words) if words else job
