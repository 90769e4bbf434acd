"""A terminal for a command: what it shows there, and what a person types."""

import os
import select
import struct
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """What a command has shown, and its exit code."""

    text: str
    code: int


def run_in_terminal(
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    columns: int = 80,
    types: Sequence[tuple[str, str]] = (),
    seconds: float = 60.0,
) -> Shown:
    """Run a command in a terminal of its own; *types*: what is typed, each once some words were shown."""
    import fcntl  # systems other than POSIX have none of these
    import pty
    import termios

    process, terminal = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        os.execve(command[0], [*command], dict(environ))  # noqa: S606 - our own command
    shown, waiting, end = b"", list(types), time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            read = b""
            with suppress(OSError):  # the command has ended
                read = os.read(terminal, 65536)
            if not read:
                break
            shown += read
        if waiting and waiting[0][0].encode() in shown:
            os.write(terminal, waiting.pop(0)[1].encode())
    os.close(terminal)
    return Shown(
        shown.decode(errors="replace").replace("\r\n", "\n"), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    )
