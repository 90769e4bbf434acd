"""Run the command `kie-mcp`: read its arguments, then import only what the chosen command needs."""

import threading
from collections.abc import Sequence
from typing import cast

from kie_mcp.cli.command import list_commands
from kie_mcp.cli.options import build_parser
from kie_mcp.cli.start import run_without_command
from kie_mcp.console import FAILED, ConsoleError, close_streams, prepare_streams, report, warn
from kie_mcp.errors import KieError
from kie_mcp.forced_exit import exit_despite_threads

BAD_SETTINGS, INTERRUPTED = 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    The code is 0 for success, 1 if the command failed, 2 if settings or arguments are wrong, 130 after Ctrl-C, and 141
    if nobody reads its output.
    """
    prepare_streams()
    before = set(threading.enumerate())
    try:
        code = _run_command(argv)
    except SystemExit as ended:  # argparse has said why
        code = ended.code if isinstance(ended.code, int) else FAILED
    code = close_streams(code)
    exit_despite_threads(before, code)
    return code


def _run_command(argv: Sequence[str] | None) -> int:
    try:
        arguments = build_parser().parse_args(argv)
        command = list_commands().get(arguments.command)
        return command.run(arguments) if command else run_without_command(arguments)
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
