"""A server process with the client that started it: MCP by hand over real pipes."""

import json
import os
import queue
import select
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from tests.support.fork_server import start

JSON = dict[str, Any]
HELLO: JSON = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "tests", "version": "1"},
}


class Server:
    """Starts the command; threads read what it says."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.process = start(command, environment)
        self._said: list[str] = []
        self._answers: dict[int, queue.Queue[JSON]] = {}
        self._ends = list(os.pipe())
        self._deaf, self._stop_hearing = self._ends
        self._readers = [threading.Thread(target=self._hear), threading.Thread(target=self._listen)]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self.process.pid

    @property
    def said(self) -> str:
        """What it has written to standard error."""
        return "".join(self._said)

    def hello(self) -> int:
        """Begin to shake hands."""
        return self._ask("initialize", HELLO)

    def greet(self, revision: str = HELLO["protocolVersion"]) -> JSON:
        """Shake hands as a client of that revision does: what the server says of itself."""
        greeting = self.ask("initialize", HELLO | {"protocolVersion": revision})
        self._write({"method": "notifications/initialized"})
        return greeting

    def ask(self, method: str, params: JSON) -> JSON:
        """Ask anything, and wait for the result."""
        return self._result(self._ask(method, params))

    def begin(self, tool: str, /, **arguments: Any) -> int:
        """Call a tool without waiting; the number of the call."""
        return self._ask("tools/call", {"name": tool, "arguments": arguments})

    def end(self, number: int, timeout: float = 30.0) -> JSON:
        """Wait for the answer to a call: its structured content."""
        return self._result(number, timeout)["structuredContent"]

    def call(self, tool: str, /, timeout: float = 30.0, **arguments: Any) -> JSON:
        """Call a tool and wait for the answer."""
        return self.end(self.begin(tool, **arguments), timeout)

    def order(self, prompt: str, **arguments: Any) -> int:
        """Order a picture without waiting for the answer."""
        return self.begin("generate_image", **({"prompt": prompt, "wait_seconds": 60} | arguments))

    def kill(self, *, reap: bool = True) -> None:
        """SIGKILL; it is dead on return, and a zombie if nobody is to `reap` it."""
        self.process.send_signal(signal.SIGKILL)
        if reap:
            self.process.wait()
        else:
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def close_input(self) -> None:
        """Leave as a client does."""
        assert self.process.stdin
        self.process.stdin.close()

    def close_output(self) -> None:
        """Read no more answers, and keep the input open: the other end of the pipe is gone on return."""
        os.write(self._stop_hearing, b"x")
        self._readers[0].join()

    def wait(self, timeout: float = 30.0) -> tuple[int, float]:
        """Wait for its end: the exit code, and how long it took."""
        began = time.monotonic()
        code = self.process.wait(timeout)
        took = time.monotonic() - began
        for reader in self._readers:
            reader.join(timeout)
        return code, took

    def tidy(self) -> None:
        """Leave nothing behind, whatever has happened."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe
            with suppress(BrokenPipeError):  # what was still to be said to it
                pipe.close()
        while self._ends:
            os.close(self._ends.pop())

    def _ask(self, method: str, params: JSON) -> int:
        number = len(self._answers) + 1
        self._answers[number] = queue.Queue()
        self._write({"id": number, "method": method, "params": params})
        return number

    def _write(self, message: JSON) -> None:
        assert self.process.stdin
        with suppress(BrokenPipeError):  # it has ended: its answer will say so
            self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            self.process.stdin.flush()

    def _result(self, number: int, timeout: float = 30.0) -> JSON:
        try:
            answer = self._answers[number].get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"no answer within {timeout:g} s; the server said: {self.said}") from None
        assert "result" in answer, f"{answer}; the server said: {self.said}"
        return answer["result"]

    def _hear(self) -> None:
        for line in self._lines():
            message: JSON = json.loads(line)
            if "id" in message and "method" not in message:
                self._answers[message["id"]].put(message)
        for waiting in list(self._answers.values()):
            waiting.put({"ended": True})

    def _lines(self) -> Iterator[bytes]:
        """What it writes, until it ends or nobody is to read it any more."""
        output, held = self.process.stdout, b""
        assert output
        while output in select.select([output, self._deaf], [], [])[0]:
            if not (data := os.read(output.fileno(), 65536)):
                break
            *lines, held = (held + data).split(b"\n")
            yield from lines
        output.close()

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._said.append(line.decode())
