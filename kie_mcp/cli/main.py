"""Run the command `kie-mcp`: read its arguments, then import only what the chosen command needs."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from kie_mcp.cli.command import list_commands
from kie_mcp.cli.exit_codes import FAILED, INTERRUPTED, code_of_error
from kie_mcp.cli.no_command import run_without_command
from kie_mcp.cli.options import build_parser
from kie_mcp.cli.shell_words import rewrite, rewrite_remedy
from kie_mcp.console import ConsoleError, close_streams, prepare_streams, report, say_json, warn
from kie_mcp.errors import KieError
from kie_mcp.forced_exit import exit_despite_threads

if TYPE_CHECKING:
    from kie_mcp.surface.stdio.hand_over import HandOver


def main(argv: Sequence[str] | None = None, *, hand_over: "HandOver | None" = None) -> int:
    """Run the command and return its exit code, as `exit_codes.TABLE` explains them.

    `hand_over` is for the server over standard input and output: what the start has read.
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
    as_json = False
    try:
        arguments = build_parser().parse_args(argv)
        as_json = getattr(arguments, "json", False)
        command = list_commands().get(arguments.command)
        return command.run(arguments) if command else run_without_command(arguments, hand_over)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (KieError, BaseExceptionGroup) as error:
        trouble = _find_cause(error)
        if trouble is None:
            raise
    if isinstance(trouble, ConsoleError):
        return report(trouble)
    return _tell(trouble, as_json=as_json)


def _tell(trouble: KieError, *, as_json: bool) -> int:
    """Say what went wrong and what to do, as JSON on standard output if that was asked for; return the exit code."""
    message, remedy = rewrite(trouble.message), rewrite_remedy(trouble.category, trouble.remedy)
    warn(f"kie-mcp: {message}", *filter(None, [remedy]))
    if as_json:
        try:
            say_json({"error": {"category": trouble.category, "message": message, "remedy": remedy}})
        except ConsoleError as lost:
            return report(lost)
    return code_of_error(trouble.category)


def _find_cause(error: BaseException) -> KieError | None:
    """Return the error to show to the user, which may be inside exception groups; None for errors of another kind."""
    if isinstance(error, KieError):
        return error
    if isinstance(error, BaseExceptionGroup):
        bundle = cast("BaseExceptionGroup[BaseException]", error)
        return next(filter(None, map(_find_cause, bundle.exceptions)), None)
    return None
