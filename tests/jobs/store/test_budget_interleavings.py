"""Whatever several processes do on one ledger, and in which order: a day never takes more than its ceilings allow.

Each method of a ledger is one transaction, so that every interleaving of processes is a sequence of such calls. A
process has read its clock some time before its call, maybe before midnight.
"""

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kie_mcp.errors import BudgetError
from kie_mcp.jobs.budget import Limits
from kie_mcp.jobs.job import Job, Phase, advance
from kie_mcp.jobs.store.protocols import Ledger
from tests.support.scripted_kie import disk, ledger_on, make_job

R = TypeVar("R")
DAY = 86_400.0
NOON = 20_000.5 * DAY
WORKERS = ("w0", "w1", "w2")
LIMITS = Limits(credits_per_job=12.0, credits_per_day=20.0, jobs_per_day=6)
FILM = {"kind": "talking_video", "model": "infinitalk/from-audio", "prompt": "", "resolution": "480p"}
PRICES = st.sampled_from([0.0, 1.0, 2.0, 4.0, 7.0, 12.0, None])
ANY = st.integers(0, 10**6)


def do(work: Coroutine[Any, Any, R]) -> R:
    """Run what never waits."""
    try:
        work.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits")


@dataclass
class Known:
    """What is known of a job from the outside."""

    amount: float
    """Credits that it may cost, or has cost."""
    day: int | None = None
    """On which it was sent."""
    counts: bool = True


class Budget(RuleBasedStateMachine):
    """Three processes, one ledger, one account."""

    @initialize()
    def begin(self) -> None:
        connection = disk()
        self.ledgers: dict[str, Ledger] = {name: ledger_on(connection) for name in WORKERS}
        for ledger in self.ledgers.values():
            do(ledger.open())
        self.now = NOON
        self.read_at: dict[str, float] = dict.fromkeys(WORKERS, self.now)
        self.known: dict[str, Known] = {}
        self.numbers = iter(range(10**6))

    def pick(self, chance: int, *phases: Phase) -> Job | None:
        """One of the jobs in these phases, as it is written down."""
        jobs = do(self.ledgers["w0"].list_jobs("account", limit=1000))
        fitting = [job for job in jobs if job.phase in phases]
        return fitting[chance % len(fitting)] if fitting else None

    def move(self, job: Job, phase: Phase, **changes: Any) -> None:
        do(self.ledgers["w0"].move(advance(job, phase, self.now, **changes), was=job.phase))

    @rule(seconds=st.sampled_from([20.0, DAY]), late=st.sampled_from(WORKERS))
    def later(self, seconds: float, late: str) -> None:
        """Let time pass, and one process have read its clock just before."""
        self.now += seconds
        self.read_at = dict.fromkeys(WORKERS, self.now) | {late: self.now - 1.0}

    @rule(late=st.sampled_from(WORKERS))
    def midnight(self, late: str) -> None:
        """Let the next day begin, and one process not know it yet."""
        self.now = (self.now // DAY + 1) * DAY
        self.read_at = dict.fromkeys(WORKERS, self.now) | {late: self.now - 1.0}

    @rule(
        worker=st.sampled_from(WORKERS),
        price=PRICES,
        parts=st.lists(st.sampled_from([0.0, 1.0, 2.0, None]), max_size=2),
    )
    def place(self, worker: str, price: float | None, parts: list[float | None]) -> None:
        made = {name: self.order(worker, amount) for name, amount in zip(("face", "voice"), parts, strict=False)}
        files = {"image": "https://a.example/a.png", "audio": "https://a.example/a.mp3"}
        named = {argument: {"part": name} for argument, name in (("image", "face"), ("audio", "voice")) if name in made}
        job = replace(self.order(worker, price), order=FILM | files | named)
        try:
            do(self.ledgers[worker].reserve(job, worker, parts=made, limits=LIMITS))
        except BudgetError:
            return
        for one in (*made.values(), job):
            self.known[one.id] = Known(amount_of(one))

    def order(self, worker: str, price: float | None) -> Job:
        number, now = next(self.numbers), self.read_at[worker]
        return make_job(number, fingerprint=f"f{number}", credits_estimated=price, created_at=now)

    @rule(worker=st.sampled_from(WORKERS), price=PRICES)
    def place_and_mark(self, worker: str, price: float | None) -> None:
        self.place(worker, price, [])
        self.mark(worker, 0, None)  # the newest

    @rule(worker=st.sampled_from(WORKERS), chance=ANY, more=st.sampled_from([None, None, -2.0, 1.0, 9.0]))
    def mark(self, worker: str, chance: int, more: float | None) -> None:
        if job := self.pick(chance, Phase.RESERVED):
            if more is not None:
                job = replace(job, credits_estimated=max((job.credits_estimated or 0.0) + more, 0.0))
            now = self.read_at[worker]
            try:
                waits = do(self.ledgers[worker].mark(job, now, LIMITS))
            except BudgetError as error:
                self.move(job, Phase.FAILED, trouble=error.trouble)
                self.known[job.id].counts = False
                return
            sent = do(self.ledgers[worker].read(job.id))
            if not waits and sent and sent.sent_at:
                self.known[job.id] = Known(amount_of(job), int(sent.sent_at // DAY))

    @rule(chance=ANY)
    def answer(self, chance: int) -> None:
        """Kie.ai's id comes, maybe late."""
        if job := self.pick(chance, Phase.SUBMITTING, Phase.UNCONFIRMED):
            do(self.ledgers["w1"].attach(job, f"task of {job.id}", self.now, "w1"))

    @rule(chance=ANY, end=st.sampled_from([Phase.RESERVED, Phase.UNCONFIRMED, Phase.FAILED]))
    def not_answer(self, chance: int, end: Phase) -> None:
        """Kie.ai is busy, is not heard, or refuses."""
        if job := self.pick(chance, Phase.SUBMITTING):
            self.move(job, end, sent_at=None if end is Phase.RESERVED else job.sent_at)
            self.known[job.id].counts = end is not Phase.FAILED

    @rule(dead=st.sampled_from(WORKERS), heir=st.sampled_from(WORKERS))
    def crash(self, dead: str, heir: str) -> None:
        if dead != heir:
            do(self.ledgers[heir].claim("account", heir, self.read_at[heir], {dead: True}))

    @rule(chance=ANY)
    def cancel(self, chance: int) -> None:
        """What it waits for has failed."""
        if job := self.pick(chance, Phase.RESERVED):
            self.move(job, Phase.FAILED)
            self.known[job.id].counts = False

    @rule(chance=ANY, share=st.sampled_from([None, 0.0, 0.5, 1.0]), fails=st.booleans())
    def finish(self, chance: int, share: float | None, fails: bool) -> None:
        if job := self.pick(chance, Phase.SUBMITTED):
            used = None if share is None else share * self.known[job.id].amount
            self.move(job, Phase.FAILED if fails else Phase.SUCCEEDED, credits_used=used)
            if used is not None or fails:
                self.known[job.id].amount = used or 0.0

    @invariant()
    @precondition(lambda self: bool(self.known))
    def no_day_takes_more_than_it_may(self) -> None:
        """Neither today with what is reserved, nor any other day with what was sent on it."""
        today = int(self.now // DAY)
        for day in {today, *(one.day for one in self.known.values() if one.day is not None)}:
            counted = {day, None} if day == today else {day}
            jobs = [one for one in self.known.values() if one.counts and one.day in counted]
            assert sum(one.amount for one in jobs) <= (LIMITS.credits_per_day or 0)
            assert len(jobs) <= (LIMITS.jobs_per_day or 0)

    @invariant()
    @precondition(lambda self: bool(self.known))
    def the_ledger_says_the_same(self) -> None:
        entries = do(self.ledgers["w2"].read_spending("account", 0)).entries
        for day in {entry.day for entry in entries}:
            ours = [one for one in self.known.values() if one.counts and one.day == day]
            said = [entry.tally for entry in entries if entry.day == day]
            assert sum(tally.jobs for tally in said) == len(ours)
            assert sum(tally.total(LIMITS) for tally in said) == sum(one.amount for one in ours)


def amount_of(job: Job) -> float:
    """What is set aside for the job."""
    return (LIMITS.credits_per_job or 0.0) if job.credits_estimated is None else job.credits_estimated


TestBudget = Budget.TestCase
TestBudget.settings = settings(max_examples=150, stateful_step_count=50)
