"""The parts under test, so that a planted bug can take the place of one."""

from collections.abc import Callable
from dataclasses import dataclass

from kie_mcp.jobs.follower import Follower
from kie_mcp.jobs.job import Upstream
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.jobs.submitter import Submitter


def _as_it_is(upstream: Upstream) -> Upstream:
    return upstream


@dataclass(frozen=True, slots=True)
class Product:
    """The real thing."""

    ledger: type[SqliteLedger] = SqliteLedger
    submission: type[Submitter] = Submitter
    follower: type[Follower] = Follower
    upstream: Callable[[Upstream], Upstream] = _as_it_is
