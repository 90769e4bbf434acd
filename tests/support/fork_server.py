"""Starts Python processes by forking one that has imported the server: a start costs a tenth of the CPU.

What is started is a process like any other, with its own number, pipes and signals. Run as a program, this file is the
one that is forked.
"""

import atexit
import ctypes
import io
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
PRELOADED = (
    "kie_mcp.cli.main",
    "kie_mcp.stdio_server",
    "kie_mcp.cli.session",
    "kie_mcp.sandbox.api.app",
    "jsonschema",
    "h11",
)
LARGEST = 1 << 17
"""Bytes of a request: the environment of a process, above all."""
SUBREAPER = 36
"""Of prctl(2): what is left behind by a child of this process becomes its own child."""


class ForkedProcess:
    """A process that was forked: what the tests use of `subprocess.Popen`."""

    def __init__(self, pid: int, stdin: IO[bytes], stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self.pid, self.stdin, self.stdout, self.stderr = pid, stdin, stdout, stderr
        self.returncode: int | None = None
        self._handle = os.pidfd_open(pid)
        self._waiting = threading.Lock()

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit code."""
        with self._waiting:
            if self.returncode is None:
                if not select.select([self._handle], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired(["forked"], timeout or 0)
                self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
                os.close(self._handle)
            return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has been waited for."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self.send_signal(signal.SIGKILL)


def start(command: Sequence[str], environment: Mapping[str, str]) -> "ForkedProcess | subprocess.Popen[bytes]":
    """Start a command with a pipe to each stream: by forking, if it is `python -m` and this is Linux."""
    if sys.platform == "linux" and command[:2] == [sys.executable, "-m"]:
        return _fork_server().fork(command[2:], environment)
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)  # noqa: S603 - our own


def run(
    command: Sequence[str], environment: Mapping[str, str], timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with nothing to read, and return what it wrote."""
    process = start(command, environment)
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdin.close()
    with ThreadPoolExecutor(2) as readers, process.stdout, process.stderr:
        written = [readers.submit(stream.read) for stream in (process.stdout, process.stderr)]
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        stdout, stderr = (one.result().decode() for one in written)
    return subprocess.CompletedProcess(command, code, stdout, stderr)


class _ForkServer:
    """The process that is forked, as this one sees it."""

    def __init__(self) -> None:
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with other:
            command = [sys.executable, "-m", "tests.support.fork_server", str(other.fileno())]
            self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[other.fileno()])  # noqa: S603 - this file
        atexit.register(self._end)

    def fork(self, arguments: Sequence[str], environment: Mapping[str, str]) -> ForkedProcess:
        """Start `python -m` with these arguments, and with a pipe to each of its streams."""
        (stdin, to_it), (from_it, stdout), (errors, stderr) = os.pipe(), os.pipe(), os.pipe()
        request = json.dumps({"arguments": list(arguments), "environment": dict(environment)})
        with self._lock:
            socket.send_fds(self._socket, [request.encode()], [stdin, stdout, stderr])
            pid = int(self._socket.recv(64))
        for end in (stdin, stdout, stderr):
            os.close(end)
        return ForkedProcess(pid, os.fdopen(to_it, "wb"), os.fdopen(from_it, "rb"), os.fdopen(errors, "rb"))

    def _end(self) -> None:
        self._socket.close()
        self._process.wait()


@cache
def _fork_server() -> _ForkServer:
    return _ForkServer()


def _serve(asked: socket.socket) -> tuple[list[str], dict[str, str], list[int]]:
    """Fork for each request, and return in the process that was asked for."""
    while True:
        request, streams, _, _ = socket.recv_fds(asked, LARGEST, 3)
        if not request:
            os._exit(0)
        reading, writing = os.pipe()
        if not (between := os.fork()):
            if not (pid := os.fork()):
                return (given := json.loads(request))["arguments"], given["environment"], streams
            os.write(writing, str(pid).encode())
            os._exit(0)
        os.waitpid(between, 0)  # by then the new process belongs to the one that asked for it
        asked.send(os.read(reading, 64))
        for end in (*streams, reading, writing):
            os.close(end)


def _take_place(environment: Mapping[str, str], streams: Sequence[int]) -> None:
    """Give this process the environment and the streams that it would have been started with."""
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, max(streams) + 16)
    sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False), encoding="utf-8")  # noqa: SIM115 - by number
    sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False), encoding="utf-8")  # noqa: SIM115
    sys.stderr = io.TextIOWrapper(open(2, "wb", closefd=False), encoding="utf-8", line_buffering=True)  # noqa: SIM115
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr


def _run() -> None:
    for module in PRELOADED:
        import_module(module)
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        (module, *arguments), environment, streams = _serve(asked)
    _take_place(environment, streams)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _run()
