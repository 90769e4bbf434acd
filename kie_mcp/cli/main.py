"""Run the command `kie-mcp`: read its arguments, then import only what the chosen command needs."""

import argparse
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from kie_mcp.cli.options import build_parser
from kie_mcp.console import FAILED, ConsoleError, close_streams, log_to_stderr, prepare_streams, report, say, warn
from kie_mcp.errors import KieError
from kie_mcp.forced_exit import exit_despite_threads
from kie_mcp.optional_packages import require_sandbox

if TYPE_CHECKING:  # the settings load pydantic, which --help and --version do without
    from kie_mcp.settings import Settings
    from kie_mcp.surface.stdio.hand_over import HandOver

BAD_SETTINGS, INTERRUPTED = 2, 130


def main(argv: Sequence[str] | None = None, *, hand_over: "HandOver | None" = None) -> int:
    """Run the command and return its exit code.

    The code is 0 for success, 1 if the command failed, 2 if settings or arguments are wrong, 130 after Ctrl-C, and 141
    if nobody reads its output. `hand_over` is for the server over standard input and output: what the start has read.
    """
    prepare_streams()
    before = set(threading.enumerate())
    try:
        code = _run_command(argv, hand_over)
    except SystemExit as ended:  # argparse has said why
        code = ended.code if isinstance(ended.code, int) else FAILED
    code = close_streams(code)
    exit_despite_threads(before, code)
    return code


def _run_command(argv: Sequence[str] | None, hand_over: "HandOver | None") -> int:
    try:
        arguments = build_parser().parse_args(argv)
        arguments.hand_over = hand_over
        return COMMANDS[arguments.command](arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (KieError, BaseExceptionGroup) as error:
        trouble = _find_cause(error)
        if trouble is None:
            raise
    if isinstance(trouble, ConsoleError):
        return report(trouble)
    warn(f"kie-mcp: {trouble.message}", *filter(None, [trouble.remedy]))
    return BAD_SETTINGS if trouble.category == "settings" else FAILED


def _find_cause(error: BaseException) -> KieError | None:
    """Return the error to show to the user, which may be inside exception groups; None for errors of another kind."""
    if isinstance(error, KieError):
        return error
    if isinstance(error, BaseExceptionGroup):
        bundle = cast("BaseExceptionGroup[BaseException]", error)
        return next(filter(None, map(_find_cause, bundle.exceptions)), None)
    return None


def _read_settings(*, http: bool = False) -> "Settings":
    from kie_mcp.settings import Settings

    return Settings.from_environment(http=http)


def _run(main_coroutine: Coroutine[Any, Any, int]) -> int:
    import anyio

    async def run() -> int:
        return await main_coroutine

    return anyio.run(run)


def _serve_stdio(arguments: argparse.Namespace) -> int:
    settings = _prepare_to_serve(arguments)
    from kie_mcp.stdio_server import serve_stdio

    async def serve() -> int:
        await serve_stdio(settings, sandbox=arguments.sandbox, hand_over=arguments.hand_over)
        return 0

    return _run(serve())


def _serve_http(arguments: argparse.Namespace) -> int:
    settings = _prepare_to_serve(arguments)
    from kie_mcp.http.server import HttpAccess, serve_http

    access = HttpAccess(arguments.host, arguments.port, hosts=arguments.allow_host, origins=arguments.allow_origin)

    def announce(url: str) -> None:
        who = " for callers with the token of KIE_HTTP_TOKEN," if settings.http_token else ""
        warn(f"kie-mcp: MCP over HTTP at {url}{who} until Ctrl-C")

    async def serve() -> int:
        await serve_http(settings, access, announce, sandbox=arguments.sandbox)
        return 0

    return _run(serve())


def _prepare_to_serve(arguments: argparse.Namespace) -> "Settings":
    if arguments.sandbox:
        require_sandbox()
    if not arguments.hand_over:  # the start has seen to that
        # Until the server handles signals itself, Ctrl-C ends the process at once: an import needs no cleaning up.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    settings = _read_settings(http=arguments.command == "serve")
    log_to_stderr(settings.log_level)
    return settings


def _run_demo(arguments: argparse.Namespace) -> int:
    require_sandbox()
    from kie_mcp.demo.run import run_demo

    run_demo(arguments.out, style=arguments.style)
    return 0


def _run_sandbox(arguments: argparse.Namespace) -> int:
    require_sandbox()
    _check_scenario(arguments.scenario)
    try:
        return _run(_serve_sandbox(arguments))
    except OSError as error:
        from kie_mcp.setting_values import unusable_port_error

        raise unusable_port_error("127.0.0.1", arguments.port, error) from None


async def _serve_sandbox(arguments: argparse.Namespace) -> int:
    import anyio

    from kie_mcp.sandbox import serve

    async with serve(
        port=arguments.port, speed=arguments.speed, credits=arguments.credits, scenario=arguments.scenario
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


def _run_doctor(arguments: argparse.Namespace) -> int:
    if arguments.sandbox:
        require_sandbox()
    settings = _read_settings()
    from kie_mcp.cli.doctor import examine
    from kie_mcp.cli.findings import Grade

    async def ask() -> int:
        async with _use_settings(settings, sandbox=arguments.sandbox) as used:
            findings = await examine(used, live=arguments.live)
        say(*findings)
        return FAILED if any(finding.grade is Grade.PROBLEM for finding in findings) else 0

    return _run(ask())


@asynccontextmanager
async def _use_settings(settings: "Settings", *, sandbox: bool) -> AsyncGenerator["Settings"]:
    """Yield the settings that a server with the same arguments would use; with `sandbox`, start one for the block."""
    if not sandbox:
        yield settings
        return
    from kie_mcp.app import start_sandbox

    async with start_sandbox(settings) as own:
        yield own


def _list_jobs(arguments: argparse.Namespace) -> int:
    if arguments.sandbox:
        raise _describe_no_sandbox("jobs cannot list those of", "jobs")
    settings = _read_settings()
    from kie_mcp.cli.jobs import list_latest_jobs

    async def show() -> int:
        say(await list_latest_jobs(settings, arguments.limit))
        return 0

    return _run(show())


def _show_account(arguments: argparse.Namespace) -> int:
    if arguments.sandbox:
        raise _describe_no_sandbox("account cannot show that of", "account")
    settings = _read_settings()
    from kie_mcp.cli.account import report_account

    async def show() -> int:
        say(await report_account(settings, as_json=arguments.json, success_rate_of=arguments.success_rate))
        return 0

    return _run(show())


def _show_models(arguments: argparse.Namespace) -> int:
    if arguments.sandbox:
        require_sandbox()
    settings = _read_settings()
    from kie_mcp.cli.models import show_models

    async def show() -> int:
        async with _use_settings(settings, sandbox=arguments.sandbox) as used:
            words = " ".join(arguments.query)
            kinds = {"makes": arguments.kind, "provider": arguments.provider, "as_json": arguments.json}
            say(await show_models(used, words, **kinds))
        return 0

    return _run(show())


def _describe_no_sandbox(what: str, command: str) -> KieError:
    """Return the error that says why a command cannot use a built-in sandbox, and what can be done instead."""
    from kie_mcp.setting_values import SettingsError

    return SettingsError(
        f"{what} a built-in sandbox: each is an account of its own, and ends with its server.",
        remedy=f"Leave --sandbox out; or run `kie-mcp sandbox`, and set for server and {command} what it tells you to.",
    )


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "stdio": _serve_stdio,
    "serve": _serve_http,
    "demo": _run_demo,
    "sandbox": _run_sandbox,
    "doctor": _run_doctor,
    "jobs": _list_jobs,
    "account": _show_account,
    "models": _show_models,
}
