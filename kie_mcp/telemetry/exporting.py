"""Send spans and metrics to an OpenTelemetry collector, by OTLP over HTTP."""

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from kie_mcp import __version__
from kie_mcp.telemetry.job_telemetry import JobTelemetry
from kie_mcp.telemetry.job_trace import JobIdGenerator
from kie_mcp.telemetry.signals import Signals


def make_telemetry(signals: Signals) -> JobTelemetry:
    """Return telemetry that exports these signals; its threads start now."""
    spans = [BatchSpanProcessor(OTLPSpanExporter())] if signals.traces else []
    readers = [PeriodicExportingMetricReader(OTLPMetricExporter())] if signals.metrics else []
    return assemble_telemetry(spans, readers)


def assemble_telemetry(spans: Sequence[SpanProcessor], readers: Sequence[MetricReader]) -> JobTelemetry:
    """Return telemetry that gives its spans and metrics to these."""
    # What is named by OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES counts more. The process and its user are no
    # part of it, although the SDK could find them out.
    resource = Resource({"service.name": "kie-mcp", "service.version": __version__})
    resource = resource.merge(OTELResourceDetector().detect())
    traces = TracerProvider(resource=resource, id_generator=JobIdGenerator(), shutdown_on_exit=False)
    for processor in spans:
        traces.add_span_processor(processor)
    return JobTelemetry(traces, MeterProvider(readers, resource, shutdown_on_exit=False))
