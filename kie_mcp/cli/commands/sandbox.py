"""`kie-mcp sandbox`: run the sandbox alone, for other programs."""

import argparse

from kie_mcp.cli.argument_types import parse_credits, parse_port
from kie_mcp.cli.command import Command, Group
from kie_mcp.cli.execution import run_async
from kie_mcp.console import say
from kie_mcp.optional_packages import require_sandbox


def _add_arguments(sandbox: argparse.ArgumentParser) -> None:
    sandbox.add_argument("--port", type=parse_port, default=8765, metavar="N", help="port on 127.0.0.1 (8765)")
    sandbox.add_argument(
        "--credits", type=parse_credits, default=1000.0, metavar="N", help="balance at the start (1000)"
    )
    sandbox.add_argument("--scenario", metavar="NAME", help="trouble that every job runs into")


def _run(arguments: argparse.Namespace) -> int:
    require_sandbox()
    _check_scenario(arguments.scenario)
    try:
        return run_async(_serve(arguments))
    except OSError as error:
        from kie_mcp.setting_values import unusable_port_error

        raise unusable_port_error("127.0.0.1", arguments.port, error) from None


async def _serve(arguments: argparse.Namespace) -> int:
    import anyio

    from kie_mcp.sandbox import serve

    async with serve(
        port=arguments.port, speed=arguments.speed or 1.0, credits=arguments.credits, scenario=arguments.scenario
    ) as url:
        say(
            f"Sandbox at {url} until Ctrl-C; open it in a browser, or use it:",
            f"  export KIE_API_BASE_URL={url} KIE_UPLOAD_BASE_URL={url} KIE_API_KEY=sandbox",
        )
        await anyio.sleep_forever()
    return 0


def _check_scenario(given: str | None) -> None:
    from kie_mcp.sandbox.account.scenarios import SCENARIOS, parse_names

    if unknown := parse_names(given) - SCENARIOS.keys():
        from kie_mcp.setting_values import SettingsError

        message = f"--scenario: there is no scenario {', '.join(sorted(unknown))}."
        raise SettingsError(message, remedy=f"Choose among: {', '.join(SCENARIOS)}")


COMMAND = Command(
    help="run the sandbox alone, for other programs",
    group=Group.SERVE,
    add_arguments=_add_arguments,
    run=_run,
)
