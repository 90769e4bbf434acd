"""What is known of a job before it is written down, and what is to be expected of it then."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kie_mcp.jobs.estimate import Estimate
from kie_mcp.jobs.job import JSON, Job, with_estimate
from kie_mcp.orders.kind import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An order that has been checked: everything of a job that is known before it is written down."""

    kind: Kind
    model: str
    order: JSON
    """As it will be stored, but for the files of its parts."""
    fingerprint: str
    formerly: tuple[str, ...] = ()
    """Fingerprints of the same order in ledgers that earlier versions wrote."""
    bucket: str
    credits: Estimate | None = None
    """What it should cost; None if that is not known."""
    waiting_for: tuple[str, ...] = ()
    """Jobs that must succeed before this one can be sent."""
    parts: Mapping[str, "Draft"] = field(default_factory=dict[str, "Draft"])
    """What is to be made along with it, by the name that the order has for it."""
    title: str = ""
    """The first words of what it is of."""
    by_default: bool = False
    """Nobody named the model."""
    remark: str = ""
    """What there is to know about the order."""

    def make_job(self, job_id: str, *, account: str, now: float, idempotency_key: str = "") -> Job:
        """Make the job of this order; `now` is in seconds since 1970."""
        job = Job(
            id=job_id,
            account=account,
            kind=self.kind,
            model=self.model,
            order=self.order,
            fingerprint=self.fingerprint,
            formerly=self.formerly,
            bucket=self.bucket,
            waiting_for=self.waiting_for,
            title=self.title,
            by_default=self.by_default,
            remark=self.remark,
            idempotency_key=idempotency_key or None,
            created_at=now,
            updated_at=now,
        )
        return with_estimate(job, self.credits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is to be expected of a job that is not done."""

    usual_s: float | None = None
    """How long such jobs take, from sending to the end; None until enough of them were seen."""
    place: int = 0
    """Jobs before it in the line."""
    sent_in_s: float = 0.0
    """Seconds until it is sent."""
