"""Makes the job of ours for one that was made elsewhere, of which only Kie.ai knows more."""

from kie_mcp.jobs.job import Job, Look, Phase
from kie_mcp.orders.kind import Kind


def make_foreign_job(job_id: str, look: Look, task_id: str, *, account: str, kind: Kind, now: float) -> Job:
    """Make the job from the first look at it; `now` is in seconds since 1970."""
    began = min(look.created_at or now, now)  # Kie.ai's clock may be ahead of ours
    return Job(
        id=job_id,
        account=account,
        kind=kind,
        model=look.model or "",
        order={},
        fingerprint="",
        created_at=began,
        updated_at=now,
        sent_at=began,
        looked_at=now,
        phase=Phase.SUBMITTED,
        task_id=task_id,
    )
