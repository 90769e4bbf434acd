"""Makes spans and metrics of what is done for jobs."""

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    get_current_span,
)

from kie_mcp import __version__
from kie_mcp.errors import BusyError, KieError
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.lifecycle import Step
from kie_mcp.jobs.observer import JobObserver, Report
from kie_mcp.telemetry.attributes import of_job
from kie_mcp.telemetry.job_metrics import JobMetrics
from kie_mcp.telemetry.job_trace import NAME, job_context, trace_ids, whole_span
from kie_mcp.text import code

_KINDS = {Step.CREATE: SpanKind.CLIENT, Step.LOOK: SpanKind.CLIENT, Step.SAVE: SpanKind.INTERNAL}
"""The steps that are spans; the others take no time."""
_SECOND = 1_000_000_000
"""Nanoseconds, in which OpenTelemetry counts."""


class JobTelemetry(JobObserver):
    """Spans and metrics of the jobs of one process.

    The providers belong to this object and are not those of the whole process: through these the MCP SDK would export
    spans of its own, which hold the words of errors, and in them what a caller has written.

    Args:
        traces: Where spans go. Its ids must be made by `JobIdGenerator`.
        metrics: Where metrics go.
    """

    def __init__(self, traces: TracerProvider, metrics: MeterProvider) -> None:
        self._traces, self._providers = traces, (traces, metrics)
        self._tracer = traces.get_tracer("kie_mcp", __version__)
        self._metrics = JobMetrics(metrics.get_meter("kie_mcp", __version__))

    @contextmanager
    def step(self, step: Step, job: Job) -> Generator[Report]:
        """Make a span of a step, and of the whole job if the step ends it; count what came of it."""
        with self._span(step, job) as span:

            def report(after: Job) -> None:
                span.set_attributes(of_job(after))
                self._metrics.record_step(step, job, after)
                if after.done and not job.done:
                    self._metrics.record_end(after)
                    self._tell_whole(after)

            yield report

    def postpone(self, job: Job, error: Exception, seconds: float) -> None:
        """Mark the span of the step as failed, and count the waits that Kie.ai asks for."""
        category = error.category if isinstance(error, KieError) else type(error).__name__
        span = get_current_span()
        span.set_attributes({"error.type": category, "kie.retry_after": seconds})
        span.set_status(StatusCode.ERROR, category)
        if isinstance(error, BusyError):
            self._metrics.record_throttle(job, seconds)

    @contextmanager
    def wait(self, job_id: str) -> Generator[None]:
        """Make a span of a wait, in the trace of the call that waits, with a link to the job's."""
        trace_id, span_id = trace_ids(job_id)
        link = Link(SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags.get_default()))
        span = self._tracer.start_span("wait", links=[link], attributes={"kie.job.id": job_id})
        try:  # it is no current span: the block belongs to a generator, which several tasks may go through
            yield
        finally:
            span.end()

    def close(self) -> None:
        """Send what is not sent yet. A collector that does not answer takes its time: call it in a thread."""
        for provider in self._providers:
            provider.shutdown()

    @contextmanager
    def _span(self, step: Step, job: Job) -> Generator[Span]:
        if step not in _KINDS:
            yield INVALID_SPAN
            return
        caller = get_current_span().get_span_context()  # of the call that has ordered the job, if it has a trace
        with self._tracer.start_as_current_span(
            step.value,
            job_context(job.id, self._traces.sampler),
            _KINDS[step],
            of_job(job),
            links=[Link(caller)] if caller.is_valid and step is Step.CREATE else (),
            record_exception=False,  # its words may hold a prompt or a link
            set_status_on_exception=False,
        ) as span:
            yield span

    def _tell_whole(self, job: Job) -> None:
        """Make the span of a whole job that has ended, above those of its steps."""
        with whole_span(job.id) as context:
            start = int(job.created_at * _SECOND)
            name = f"{NAME} {code(job.model)}"
            span = self._tracer.start_span(name, context, SpanKind.CLIENT, of_job(job), start_time=start)
        if job.lost:
            span.set_status(StatusCode.ERROR, job.trouble.category if job.trouble else "")
        span.end(int((job.finished_at or job.updated_at) * _SECOND))
