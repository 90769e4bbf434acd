"""Decide which signals OpenTelemetry's environment variables ask for; nothing of OpenTelemetry is imported for it."""

from collections.abc import Mapping
from dataclasses import dataclass

SIGNALS = ("TRACES", "METRICS")
"""What can be exported, as the names of the variables have it. There are no logs: those go to standard error."""
_PROTOCOL = "http/protobuf"
_ELSEWHERE = "OTEL_EXPORTER_OTLP_PROTOCOL: {} is not spoken here, so nothing is exported. Set it to http/protobuf."


@dataclass(frozen=True, slots=True)
class Signals:
    """Which signals are exported. How and where to is read from the environment by OpenTelemetry's own SDK."""

    traces: bool = False
    metrics: bool = False
    problem: str = ""
    """Why nothing is exported although it is asked for; empty if nothing is wrong."""

    def __bool__(self) -> bool:
        return self.traces or self.metrics


def read_signals(variables: Mapping[str, str]) -> Signals:
    """Return what the `OTEL_…` variables ask for.

    A signal is exported if its exporter is `otlp`, or if none is named and an endpoint is given. Other exporters are
    not for this program: `console` would write into the protocol, and the variables may be set for all programs.
    """
    given = {name: variables.get(name, "").strip() for name in variables if name.startswith("OTEL_")}
    if given.get("OTEL_SDK_DISABLED", "").casefold() == "true":
        return Signals()
    traces, metrics = (_is_wanted(given, signal) for signal in SIGNALS)
    protocol = given.get("OTEL_EXPORTER_OTLP_PROTOCOL") or _PROTOCOL
    if (traces or metrics) and protocol != _PROTOCOL:
        return Signals(problem=_ELSEWHERE.format(ascii(protocol[:40])))
    return Signals(traces, metrics)


def _is_wanted(given: Mapping[str, str], signal: str) -> bool:
    if exporters := given.get(f"OTEL_{signal}_EXPORTER"):
        return "otlp" in [one.strip() for one in exporters.split(",")]
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    return any(given.get(name) for name in endpoints)
