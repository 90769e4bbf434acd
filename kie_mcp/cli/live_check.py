"""`kie-mcp doctor --live`: tell which rows of the catalog no longer fit what Kie.ai says today. Spends nothing."""

from kie_mcp.cli.findings import Finding, Grade
from kie_mcp.errors import KieError
from kie_mcp.jobs.clock import Clock
from kie_mcp.kie.client import KieClient
from kie_mcp.market.row_check import RowCheck, check_rows, describe_source
from kie_mcp.market.service import Market
from kie_mcp.settings import Settings

_NEWER = "Look for a newer kie-mcp, or report it. Any model runs with run_model, which reads Kie.ai's own schema."


async def check_live(settings: Settings, kie: KieClient, clock: Clock) -> list[Finding]:
    """Compare every row of the catalog with Kie.ai; one question a second, so it takes about half a minute."""
    try:
        checks = await check_rows(Market(kie.models, settings.market_path, clock, fresh=0))
    except KieError as error:
        return [Finding(Grade.PROBLEM, "models", error.message, error.remedy)]
    return [_describe(check) for check in checks]


def _describe(check: RowCheck) -> Finding:
    where = f"{check.row.id} ({describe_source(check.row)})"
    if check.differences:
        found = "; ".join((*check.differences, *check.unknown))
        return Finding(Grade.ATTENTION, "model", f"{where} differs from Kie.ai: {found}", _NEWER)
    if check.unknown:
        return Finding(Grade.OK, "model", f"{where} fits, as far as Kie.ai says: {'; '.join(check.unknown)}")
    return Finding(Grade.OK, "model", f"{where} fits")
