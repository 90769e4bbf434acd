"""The metrics of jobs: how they end, how long they take, what they cost, and what is done for them."""

from opentelemetry.metrics import Meter

from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.lifecycle import Step
from kie_mcp.telemetry.attributes import of_kind

_SECONDS = (1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1800, 3600)
"""Upper ends of the durations that are counted together: a picture takes seconds, a talking video minutes."""


class JobMetrics:
    """The instruments, made once."""

    def __init__(self, meter: Meter) -> None:
        self._jobs = meter.create_counter("kie.jobs", "{job}", "Jobs that ended, by how")
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration",
            "s",
            "Time from the sending of a job to its end",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._credits = meter.create_counter("kie.credits", "{credit}", "Credits that jobs have cost")
        self._looks = meter.create_counter("kie.looks", "{look}", "Questions to Kie.ai about jobs")
        self._throttled = meter.create_counter("kie.throttled", "{wait}", "Waits that Kie.ai asked for (HTTP 429)")
        self._throttle = meter.create_histogram("kie.throttle.duration", "s", "How long those waits are")
        self._bytes = meter.create_counter("kie.saved", "By", "Bytes of saved files")

    def record_step(self, step: Step, before: Job, after: Job) -> None:
        """Count a look, or the bytes that were saved."""
        if step is Step.LOOK:
            self._looks.add(1, of_kind(after))
        saved = _saved_bytes(after) - _saved_bytes(before)
        if step is Step.SAVE and saved > 0:
            self._bytes.add(saved, of_kind(after))

    def record_end(self, job: Job) -> None:
        """Count a job that has ended, its seconds and its credits."""
        ended = of_kind(job) | {"kie.job.state": job.state.value}
        if job.phase is not Phase.SUCCEEDED and job.trouble:
            ended["error.type"] = job.trouble.category
        self._jobs.add(1, ended)
        if job.sent_at is not None and job.finished_at is not None:
            self._duration.record(max(job.finished_at - job.sent_at, 0.0), ended)
        if job.credits_used:
            self._credits.add(job.credits_used, of_kind(job))

    def record_throttle(self, job: Job, seconds: float) -> None:
        """Count a wait that Kie.ai asked for."""
        self._throttled.add(1, of_kind(job))
        self._throttle.record(seconds, of_kind(job))


def _saved_bytes(job: Job) -> int:
    return sum(output.bytes or 0 for output in job.outputs if output.path)
