"""Make the telemetry that the environment asks for; OpenTelemetry's own SDK reads there how and where it is sent."""

import logging

from kie_mcp.jobs.observer import JobObserver
from kie_mcp.optional_packages import install_hint
from kie_mcp.telemetry.signals import Signals

logger = logging.getLogger(__name__)


def make_observer(signals: Signals) -> JobObserver | None:
    """Return what is told of jobs, if telemetry is asked for and can be had.

    A server that cannot export works all the same: what is wrong is a warning in its log.
    """
    if signals.problem:
        logger.warning("%s", signals.problem)
    if not signals:
        return None
    try:
        from kie_mcp.telemetry.exporting import make_telemetry
    except ModuleNotFoundError as error:
        logger.warning("telemetry is asked for, and %s is not installed. %s", error.name, install_hint("telemetry"))
        return None
    return make_telemetry(signals)
