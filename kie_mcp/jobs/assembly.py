"""Puts the job service of one account together from what it needs of the outside."""

import time
from collections.abc import Awaitable, Callable
from random import Random

from kie_mcp.jobs.absent_workers import Ended, ended_unknown
from kie_mcp.jobs.budget import NO_LIMITS, Limits
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.durable_writes import DurableWriter
from kie_mcp.jobs.events import JobEvents
from kie_mcp.jobs.follower import Follower, Save
from kie_mcp.jobs.heartbeat import Heartbeat
from kie_mcp.jobs.job import Job, Upstream
from kie_mcp.jobs.look_limit import LookLimiter
from kie_mcp.jobs.observer import JobObserver
from kie_mcp.jobs.polling import Spread
from kie_mcp.jobs.runner import JobRunner
from kie_mcp.jobs.service import JobService
from kie_mcp.jobs.step_loop import StepLoop
from kie_mcp.jobs.store.protocols import Ledger
from kie_mcp.jobs.submitter import Prepare, Submitter
from kie_mcp.jobs.timing import STANDARD, Timing
from kie_mcp.orders.kind import Kind


def make_service(
    ledger: Ledger,
    upstream: Upstream,
    prepare: Prepare,
    save: Save,
    events: JobEvents,
    clock: Clock,
    *,
    account: str,
    worker: str,
    kind_of: Callable[[str | None], Kind],
    saved: Callable[[Job], Awaitable[bool]],
    ended: Ended = ended_unknown,
    elsewhere: Callable[[Job], Spread | None] = lambda _: None,
    new_id: Callable[[], str] | None = None,
    loop: type[StepLoop] = StepLoop,
    chance: Random | None = None,
    real: Callable[[], float] = time.monotonic,
    limits: Limits = NO_LIMITS,
    observer: JobObserver | None = None,
    timing: Timing = STANDARD,
) -> JobService:
    """Make the service, still closed.

    Args:
        ledger: Where jobs are written down.
        upstream: Kie.ai.
        prepare: Makes what is sent for a job.
        save: Saves the files of a job.
        events: Where those who wait for jobs are woken.
        clock: Tells the time, in seconds since 1970.
        account: The account whose jobs these are.
        worker: The name of this process.
        kind_of: Tells what a model makes.
        saved: Tells whether the files of a job are still where they were saved.
        ended: Tells which processes have ended.
        elsewhere: Tells how long such jobs take, as far as that is known from elsewhere.
        new_id: Makes the id of a job.
        loop: Takes the steps of jobs.
        chance: Where the jitter between two looks comes from.
        real: Seconds of the world, by which it is told whether the process stood still.
        limits: What may be spent at most.
        observer: Is told what is done for jobs.
        timing: The times that all of this goes by.
    """
    writer = DurableWriter(ledger, events.publish, worker, timing=timing)
    looks = LookLimiter(timing)
    submitter = Submitter(
        ledger, upstream, prepare, clock, writer, worker, limits=limits, observer=observer, timing=timing
    )
    follower = Follower(ledger, upstream, save, clock, events.publish, looks, timing=timing)
    steps = loop(
        ledger,
        submitter,
        follower,
        writer,
        looks,
        events,
        clock,
        elsewhere=elsewhere,
        chance=chance,
        observer=observer,
        timing=timing,
    )
    heartbeat = Heartbeat(ledger, clock, account=account, worker=worker, ended=ended, timing=timing)
    runner = JobRunner(ledger, steps, submitter, follower, heartbeat, events, worker=worker, real=real, timing=timing)
    return JobService(
        ledger,
        upstream,
        runner,
        follower,
        looks,
        events,
        clock,
        account=account,
        worker=worker,
        kind_of=kind_of,
        saved=saved,
        new_id=new_id,
        limits=limits,
        observer=observer,
        timing=timing,
    )
