"""The command `kie-mcp`: reads the arguments, then loads what the chosen command needs and nothing else."""

import argparse
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kie_mcp import __version__
from kie_mcp.errors import KieError
from kie_mcp.extras import require_sandbox

if TYPE_CHECKING:  # the settings load pydantic, which --help and --version do without
    from kie_mcp.settings import Settings

FAILED, BAD_SETTINGS, INTERRUPTED = 1, 2, 130
DEFAULT_OUT = Path("kie-demo")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1 if it failed, 2 if the settings or arguments are wrong."""
    arguments = _parser().parse_args(argv)
    command = COMMANDS[arguments.command]
    try:
        return command(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (KieError, BaseExceptionGroup) as error:
        trouble = _cause(error)
        if trouble is None:
            raise
        print(f"kie-mcp: {trouble.message}", trouble.remedy, sep="\n", end="\n" * bool(trouble.remedy), file=sys.stderr)
        return BAD_SETTINGS if trouble.category == "settings" else FAILED


def _cause(error: BaseException) -> KieError | None:
    """The one thing to tell the user, out of a task group's bundle too."""
    if isinstance(error, KieError):
        return error
    if isinstance(error, BaseExceptionGroup):
        bundle = cast("BaseExceptionGroup[BaseException]", error)
        return next(filter(None, map(_cause, bundle.exceptions)), None)
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kie-mcp",
        description="An MCP server for Kie.ai: pictures, speech and talking videos. "
        "Without a command it serves MCP on standard input and output; an MCP client starts it that way.",
        epilog="Settings are environment variables: KIE_API_KEY, KIE_OUTPUT_DIR and others; the README lists them.",
    )
    parser.set_defaults(command="serve")
    parser.add_argument("--version", action="version", version=f"kie-mcp {__version__}")
    parser.add_argument("--sandbox", action="store_true", help="serve from a built-in sandbox: no key, no cost")
    _add_commands(parser.add_subparsers(title="commands", metavar="command").add_parser)
    return parser


def _add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    demo = add("demo", help="make a picture, a voice and a talking video with the sandbox")
    demo.set_defaults(command="demo")
    demo.add_argument("--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help=f"where to save ({DEFAULT_OUT})")
    sandbox = add("sandbox", help="run the sandbox alone, for other programs")
    sandbox.set_defaults(command="sandbox")
    sandbox.add_argument("--port", type=_port, default=8765, metavar="N", help="port on 127.0.0.1 (8765)")
    sandbox.add_argument("--speed", type=_positive, default=1.0, metavar="X", help="how much faster than Kie.ai (1)")
    sandbox.add_argument("--credits", type=_amount, default=1000.0, metavar="N", help="balance at the start (1000)")
    sandbox.add_argument("--scenario", metavar="NAME", help="trouble that every job runs into")
    doctor = add("doctor", help="check key, folders, SQLite and clock, and say what to do")
    doctor.set_defaults(command="doctor")
    jobs = add("jobs", help="list the latest jobs of this key")
    jobs.set_defaults(command="jobs")
    jobs.add_argument("--limit", type=_count, default=20, metavar="N", help="how many (20)")


def _count(text: str) -> int:
    return int(_number(text, least=1, whole=True))


def _port(text: str) -> int:
    return int(_number(text, least=0, most=65535, whole=True))


def _positive(text: str) -> float:
    return _number(text, least=0.01, most=1000)


def _amount(text: str) -> float:
    return _number(text, least=0)


def _number(text: str, *, least: float, most: float = 1e9, whole: bool = False) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not least <= number <= most or (whole and number != int(number)):
        kind = "a whole number" if whole else "a number"
        end = f"from {least:g} to {most:g}" if most < 1e9 else f"of at least {least:g}"
        raise argparse.ArgumentTypeError(f"must be {kind} {end}, not {text!r}")
    return number


def _settings() -> "Settings":
    from kie_mcp.settings import Settings

    return Settings.from_environment()


def _run(main_coroutine: Coroutine[Any, Any, int]) -> int:
    import anyio

    async def run() -> int:
        return await main_coroutine

    return anyio.run(run)


def _serve(arguments: argparse.Namespace) -> int:
    sandbox: bool = arguments.sandbox
    if sandbox:
        require_sandbox()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the server listens: a half-made import has nothing to tidy
    settings = _settings()
    from kie_mcp.server import serve_stdio

    async def serve() -> int:
        await serve_stdio(settings, sandbox=sandbox)
        return 0

    return _run(serve())


def _demo(arguments: argparse.Namespace) -> int:
    require_sandbox()
    from kie_mcp.demo import run_demo

    run_demo(arguments.out)
    return 0


def _sandbox(arguments: argparse.Namespace) -> int:
    require_sandbox()
    _check_scenario(arguments.scenario or "")
    try:
        return _run(_stay(arguments))
    except OSError as error:
        remedy = "Choose one with --port N; 0 picks a free one."
        raise KieError(f"Port {arguments.port} cannot be used ({error.strerror}).", remedy=remedy) from None


async def _stay(arguments: argparse.Namespace) -> int:
    import anyio

    from kie_mcp.sandbox import serve

    async with serve(
        port=arguments.port, speed=arguments.speed, credits=arguments.credits, scenario=arguments.scenario
    ) as url:
        print(f"Sandbox at {url} until Ctrl-C; open it in a browser, or use it:")
        print(f"  export KIE_API_BASE_URL={url} KIE_UPLOAD_BASE_URL={url} KIE_API_KEY=sandbox", flush=True)
        await anyio.sleep_forever()
    return 0


def _check_scenario(names: str) -> None:
    from kie_mcp.sandbox.trouble import SCENARIOS

    unknown = set(filter(None, names.split(","))) - set(SCENARIOS)
    if unknown:
        listed = ", ".join(sorted(unknown))
        raise KieError(f"There is no scenario {listed}.", remedy=f"There are: {', '.join(SCENARIOS)}")


def _doctor(_: argparse.Namespace) -> int:
    settings = _settings()
    from kie_mcp.doctor import Grade, examine

    async def ask() -> int:
        findings = await examine(settings)
        print(*findings, sep="\n")
        return FAILED if any(finding.grade is Grade.PROBLEM for finding in findings) else 0

    return _run(ask())


def _jobs(arguments: argparse.Namespace) -> int:
    settings = _settings()
    from kie_mcp.history import latest_jobs

    async def show() -> int:
        print(await latest_jobs(settings, arguments.limit))
        return 0

    return _run(show())


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "serve": _serve,
    "demo": _demo,
    "sandbox": _sandbox,
    "doctor": _doctor,
    "jobs": _jobs,
}
