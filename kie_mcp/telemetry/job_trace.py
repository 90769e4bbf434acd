"""One trace for each job: its ids are made from the job's, so that a restart or another process goes on with it."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Sampler
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

NAME = "generate_content"
"""What the span of a whole job is called, before the name of its model."""
_root: ContextVar["tuple[int, int] | None"] = ContextVar("root", default=None)


def trace_ids(job_id: str) -> tuple[int, int]:
    """Return the id of the job's trace, 128 bits, and that of its whole span in it, 64 bits. Neither is zero."""
    digest = hashlib.sha256(job_id.encode()).digest()
    return int.from_bytes(digest[:16]) or 1, int.from_bytes(digest[16:24]) or 1


def job_context(job_id: str, sampler: Sampler) -> Context:
    """Return the context in which the steps of a job are spans below its whole span, which is sent at its end."""
    trace_id, span_id = trace_ids(job_id)
    sampled = sampler.should_sample(None, trace_id, NAME).decision.is_sampled()
    flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
    return set_span_in_context(NonRecordingSpan(SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)))


@contextmanager
def whole_span(job_id: str) -> Generator[Context]:
    """Yield the context in which the next span to be started is the whole span of the job."""
    token = _root.set(trace_ids(job_id))
    try:
        yield Context()
    finally:
        _root.reset(token)


class JobIdGenerator(RandomIdGenerator):
    """Makes random ids, but for the whole span of a job."""

    def generate_trace_id(self) -> int:
        """Return the id of the trace that begins."""
        root = _root.get()
        return root[0] if root else super().generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the id of the span that begins."""
        root = _root.get()
        return root[1] if root else super().generate_span_id()

    def is_trace_id_random(self) -> bool:
        """Return whether the id has the random bits that the standard promises: a hash of a random id is as good."""
        return True
