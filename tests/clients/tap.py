"""A tap in the pipe between a client and its server: `python tap.py LOG COMMAND…` notes what the client says.

Each line that the client sends becomes a line `{"at": seconds, "message": …}` of LOG; every byte goes on unchanged.
Nothing but the standard library, so that it can stand before any server.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from types import FrameType


def main(log: str, command: list[str]) -> int:
    """Run the server, pass everything on, and return its exit code."""
    server = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - the runner's own server

    def pass_signal(number: int, _: FrameType | None) -> None:
        server.send_signal(number)

    signal.signal(signal.SIGTERM, pass_signal)
    signal.signal(signal.SIGINT, pass_signal)
    threading.Thread(target=_pass_on, args=(server, log), daemon=True).start()
    return server.wait()


def _pass_on(server: subprocess.Popen[bytes], log: str) -> None:
    assert server.stdin
    rest = b""
    with open(log, "ab", buffering=0) as notes, suppress(BrokenPipeError):  # noqa: PTH123 - unbuffered
        while data := os.read(0, 65536):
            server.stdin.write(data)
            server.stdin.flush()
            *lines, rest = (rest + data).split(b"\n")
            notes.writelines(b'{"at": %f, "message": %s}\n' % (time.time(), line.strip()) for line in lines)
    with suppress(BrokenPipeError):
        server.stdin.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
