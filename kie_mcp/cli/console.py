"""The standard streams of a command: any text can be shown, and lost output ends it without a traceback."""

import errno
import logging
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, TextIO

from kie_mcp.errors import KieError

FAILED = 1
NO_READER = 141
"""What a shell reports of a program that a closed pipe has ended: 128 and the number of SIGPIPE."""


class ConsoleError(KieError):
    """Standard output takes nothing more."""

    category = "output"
    unread = False
    """Whether its reader has gone, who wants to hear nothing more."""


def output_error(error: OSError) -> ConsoleError:
    """Return what is to be said of output that could not be written."""
    lost = ConsoleError(f"Standard output cannot be written ({os.strerror(error.errno or errno.EIO)}).")
    # Windows calls a pipe that nobody reads an invalid argument.
    lost.unread = error.errno == errno.EPIPE or (sys.platform == "win32" and error.errno == errno.EINVAL)
    return lost


def prepare_streams() -> None:
    """Open what was closed, so that no file or socket gets a standard number, and let any character through."""
    for number in range(3):
        _open_again(number)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as it runs
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the same
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the same
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def log_to_stderr(level: str) -> None:
    """Write plain lines: the SDK would take rich, which ends the process when nobody reads standard error."""
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")


class CheckedOutput:
    """Standard output for others to write to: what fails is kept, and raised by `check` where it can be told."""

    def __init__(self) -> None:
        self._error: ConsoleError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stdout, name)

    def write(self, text: str) -> int:
        """Write at once, or nothing more after the first failure; returns the number of characters."""
        if self._error is None:
            try:
                sys.stdout.write(text)
                sys.stdout.flush()
            except OSError as error:
                _discard(sys.stdout)
                self._error = output_error(error)
        return len(text)

    def check(self) -> None:
        """Raises ConsoleError if something could not be written."""
        if self._error:
            raise self._error


def say(*lines: object) -> None:
    """Write lines to standard output at once. Raises ConsoleError if it takes none."""
    output = CheckedOutput()
    output.write("".join(f"{line}\n" for line in lines))
    output.check()


def warn(*lines: object) -> None:
    """Write lines to standard error; there is nobody to tell if it takes none."""
    with suppress(OSError):
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()


def report(error: ConsoleError) -> int:
    """Say that output was lost, unless nobody wanted it; returns the exit code."""
    if error.unread:
        return NO_READER
    warn(f"kie-mcp: {error.message}")
    return FAILED


def close_streams(code: int) -> int:
    """Write out what is buffered, while it can still be said if that fails; returns the exit code."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _discard(sys.stdout)
        code = report(output_error(error))
    _discard(sys.stderr)
    return code


def _open_again(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        # Read-only for output as well: what is written then fails, as it did when it was closed, and is noticed.
        os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
        os.set_inheritable(number, True)


def _discard(stream: TextIO) -> None:
    """Let the interpreter's own flush at the end find nothing to complain of."""
    try:
        stream.flush()
    except OSError:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, stream.fileno())
        os.close(devnull)
