"""`kie-mcp account`: print how the account stands, as the tool `get_account` answers it. It costs nothing."""

import json
from contextlib import AsyncExitStack

from kie_mcp.cli.ledger_file import may_exist, open_ledger
from kie_mcp.jobs.account import AccountReader
from kie_mcp.jobs.clock import Clock, SystemClock
from kie_mcp.kie.client import KieClient
from kie_mcp.market.service import Market
from kie_mcp.market.success_rate import read_both
from kie_mcp.settings import Settings
from kie_mcp.surface.answers.account import describe_account, write_account


async def report_account(
    settings: Settings,
    *,
    as_json: bool = False,
    success_rate_of: str = "",
    kie: KieClient | None = None,
    clock: Clock | None = None,
) -> str:
    """Return how the account of these settings stands, as text or as JSON; no ledger is made if there is none.

    `success_rate_of` is the id of a model whose success rate is told, too.

    `kie` and `clock` are the seams for tests.
    """
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(kie or settings.make_client())
        path = settings.ledger_path
        ledger = await stack.enter_async_context(open_ledger(path)) if may_exist(path) else None
        clock = clock or SystemClock()
        reader = AccountReader(ledger, client, clock, account=settings.account, limits=settings.limits)
        market = Market(client.models, settings.market_path, clock)
        account, rate = await read_both(reader, market, success_rate_of.strip())
        facts = describe_account(account, sandbox=bool(client.sandbox), rate=rate)
    return json.dumps(facts.as_json(), indent=2) if as_json else write_account(account, facts)
