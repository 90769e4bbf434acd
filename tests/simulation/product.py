"""The parts under test, so that a planted bug can take the place of one."""

from collections.abc import Callable
from dataclasses import dataclass

from kie_mcp.jobs.job import Upstream
from kie_mcp.jobs.step_loop import StepLoop
from kie_mcp.jobs.store.sqlite import SqliteLedger


def _as_it_is(upstream: Upstream) -> Upstream:
    return upstream


@dataclass(frozen=True, slots=True)
class Product:
    """The real thing."""

    ledger: type[SqliteLedger] = SqliteLedger
    loop: type[StepLoop] = StepLoop
    upstream: Callable[[Upstream], Upstream] = _as_it_is
