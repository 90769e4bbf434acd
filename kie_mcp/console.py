"""Prepare the standard streams of a command: any text can be printed, and lost output ends it without a traceback."""

import errno
import json
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, TextIO

from kie_mcp.errors import KieError

FAILED = 1
NO_READER = 141
"""The exit code that a shell reports for a program ended by a closed pipe: 128 plus the number of SIGPIPE."""


class ConsoleError(KieError):
    """Standard output can no longer be written."""

    category = "output"
    unread = False
    """Whether its reader has gone; then there is nobody to tell."""


def output_error(error: OSError) -> ConsoleError:
    """Return the error for output that could not be written."""
    lost = ConsoleError(f"Standard output cannot be written ({os.strerror(error.errno or errno.EIO)}).")
    # Windows reports a pipe without a reader as an invalid argument.
    lost.unread = error.errno == errno.EPIPE or (sys.platform == "win32" and error.errno == errno.EINVAL)
    return lost


def prepare_streams() -> None:
    """Open the standard streams that are closed, and let them print any character.

    Otherwise the next file or socket would get the number of a standard stream.
    """
    for number in range(3):
        _open_again(number)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as it runs
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the same
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the same
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class CheckedOutput:
    """Standard output for a library to write to: its first failure is kept until `check` raises it."""

    def __init__(self) -> None:
        self._error: ConsoleError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stdout, name)

    def write(self, text: str) -> int:
        """Write and flush; after the first failure do nothing. Return the number of characters, as files do."""
        if self._error is None:
            try:
                sys.stdout.write(text)
                sys.stdout.flush()
            except OSError as error:
                _discard(sys.stdout)
                self._error = output_error(error)
        return len(text)

    def check(self) -> None:
        """Raise ConsoleError if something could not be written."""
        if self._error:
            raise self._error


class UncheckedErrors:
    """Standard error for a library to write to: if it cannot be written, nothing happens, as with `warn`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)

    def write(self, text: str) -> int:
        """Write and flush; return the number of characters, as files do."""
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
        return len(text)

    def flush(self) -> None:
        """Do nothing: what is written is flushed at once."""


def say(*lines: object) -> None:
    """Print lines to standard output and flush it. Raises ConsoleError if it cannot be written."""
    output = CheckedOutput()
    output.write("".join(f"{line}\n" for line in lines))
    output.check()


def say_json(value: object) -> None:
    """Print a value as JSON; where output is not UTF-8, in ASCII. Raises ConsoleError if it cannot be written."""
    is_unicode = (sys.stdout.encoding or "").casefold().replace("-", "") == "utf8"
    say(json.dumps(value, indent=2, ensure_ascii=not is_unicode))


def warn(*lines: object) -> None:
    """Print lines to standard error; if it cannot be written, do nothing, because there is nobody to tell."""
    with suppress(OSError):
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()


def report(error: ConsoleError) -> int:
    """Print that output was lost, unless its reader has gone; return the exit code."""
    if error.unread:
        return NO_READER
    warn(f"kie-mcp: {error.message}")
    return FAILED


def close_streams(code: int) -> int:
    """Flush the streams while a failure can still be reported; return the exit code."""
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
        # Standard output is opened for reading only, so that writing to it fails, as it would if it were still closed.
        os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
        os.set_inheritable(number, True)


def _discard(stream: TextIO) -> None:
    """Send a stream that cannot be flushed to the null device, so that the interpreter's flush at its end succeeds."""
    try:
        stream.flush()
    except OSError:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, stream.fileno())
        os.close(devnull)
