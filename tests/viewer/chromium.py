"""A real browser, driven over two pipes by its own DevTools protocol: nothing to install but Chromium itself."""

import asyncio
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root, in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-site-isolation-trials",  # frames of other sites answer in the page's own session
    "--disable-features=IsolateSandboxedIframes,IsolateOrigins,site-per-process",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--hide-scrollbars",
    "--mute-audio",
    "--remote-debugging-pipe",
)
# Chromium reads commands from descriptor 3 and answers on 4.
LAUNCH = """import fcntl, os, sys
ends = [fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])"""

KEYS = {
    "Tab": ("Tab", 9, "", 0),
    "Shift+Tab": ("Tab", 9, "", 8),
    "Enter": ("Enter", 13, "\r", 0),
    "Space": (" ", 32, " ", 0),
}
"""Name → what the browser calls it, its number, what it writes, what is held down with it."""

Listener = Callable[[dict[str, Any]], Awaitable[None]]


class BrowserError(Exception):
    """The browser refused a command."""


def chromium(names: tuple[str, ...] = NAMES, environment: Mapping[str, str] = os.environ) -> str:
    """Where the browser is. Without one the tests fail where CI is set, and are skipped on a developer's machine."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found:
        return found
    missing = "the viewer's tests need Chromium, e.g. apt-get install chromium"
    if environment.get("CI"):
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


class Browser:
    """Commands out, answers and events in."""

    def __init__(self, commands: asyncio.StreamWriter, answers: asyncio.StreamReader) -> None:
        self._commands = commands
        self._answers = answers
        self._ids = count(1)
        self._open: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: dict[tuple[str, str], Listener] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def send(self, method: str, session: str = "", /, **params: Any) -> dict[str, Any]:
        """Give a command and return its result."""
        number = next(self._ids)
        answer = self._open[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        self._commands.write(json.dumps(message).encode() + b"\0")
        await self._commands.drain()
        return await answer

    def on(self, event: str, session: str, listener: Listener) -> None:
        """Call the listener at each such event of that session."""
        self._listeners[event, session] = listener

    async def listen(self) -> None:
        """Read until the browser goes."""
        with suppress(asyncio.IncompleteReadError):
            while True:
                self._take(json.loads((await self._answers.readuntil(b"\0"))[:-1]))
        for one in self._open.values():
            one.set_exception(BrowserError("the browser has gone"))

    def _take(self, message: dict[str, Any]) -> None:
        if future := self._open.pop(message.get("id", 0), None):
            if "error" in message:
                future.set_exception(BrowserError(message["error"]["message"]))
            else:
                future.set_result(message["result"])
        elif listener := self._listeners.get((message.get("method", ""), message.get("sessionId", ""))):
            task = asyncio.ensure_future(_heard(listener, message["params"]))
            self._running.add(task)  # a task that nobody holds may vanish
            task.add_done_callback(self._running.discard)


async def _heard(listener: Listener, params: dict[str, Any]) -> None:
    with suppress(BrowserError):  # the page that it concerned may have gone
        await listener(params)


@asynccontextmanager
async def browser(folder: Path) -> AsyncGenerator[Browser]:
    """Start one with a fresh profile in the folder, and end it."""
    loop = asyncio.get_running_loop()
    (its_in, our_out), (our_in, its_out) = os.pipe(), os.pipe()
    arguments = [
        sys.executable,
        "-c",
        LAUNCH,
        str(its_in),
        str(its_out),
        chromium(),
        *FLAGS,
        f"--user-data-dir={folder}",
    ]
    log = (folder / "chromium.log").open("wb")
    process = subprocess.Popen(  # noqa: S603, ASYNC220 - started once, and our own words
        arguments, pass_fds=(its_in, its_out), stdout=log, stderr=log, start_new_session=True
    )
    os.close(its_in)
    os.close(its_out)
    answers = asyncio.StreamReader(limit=2**28)
    reading, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(answers), os.fdopen(our_in, "rb"))
    writing, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(our_out, "wb"))
    driven = Browser(asyncio.StreamWriter(writing, protocol, None, loop), answers)
    listening = asyncio.ensure_future(driven.listen())
    try:
        yield driven
    finally:
        listening.cancel()
        reading.close()
        writing.close()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


class Page:
    """One tab in a context of its own."""

    def __init__(self, driven: Browser, target: str, session: str) -> None:
        self._browser = driven
        self._target = target
        self.session = session
        self.complaints: list[str] = []
        """Errors on the console, thrown or logged."""
        self._contexts: dict[str, int] = {}

    async def send(self, method: str, /, **params: Any) -> dict[str, Any]:
        """Give a command to this page."""
        return await self._browser.send(method, self.session, **params)

    def on(self, event: str, listener: Listener) -> None:
        """Call the listener at each such event of this page."""
        self._browser.on(event, self.session, listener)

    async def prepare(self) -> None:
        """Note what goes wrong, and which origin runs where."""

        async def thrown(params: dict[str, Any]) -> None:
            self.complaints.append(params["exceptionDetails"].get("exception", {}).get("description", "thrown"))

        async def logged(params: dict[str, Any]) -> None:
            if params["entry"]["level"] == "error":
                self.complaints.append(params["entry"]["text"])

        async def printed(params: dict[str, Any]) -> None:
            if params["type"] == "error":
                self.complaints.append(str(params["args"]))

        async def created(params: dict[str, Any]) -> None:
            self._contexts[params["context"]["origin"]] = params["context"]["id"]

        for event, listener in {
            "Runtime.exceptionThrown": thrown,
            "Log.entryAdded": logged,
            "Runtime.consoleAPICalled": printed,
            "Runtime.executionContextCreated": created,
        }.items():
            self.on(event, listener)
        for domain in ("Page", "Runtime", "Log"):
            await self.send(f"{domain}.enable")

    async def run(self, script: str, origin: str) -> Any:
        """The value of an expression in the frame of that origin; a promise is awaited."""
        got = await self.send(
            "Runtime.evaluate",
            expression=script,
            contextId=self._contexts[origin],
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if details := got.get("exceptionDetails"):
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return got["result"].get("value")

    async def press(self, key: str) -> None:
        """Press and release one of the keys."""
        value, number, text, modifiers = KEYS[key]
        code = key.rpartition("+")[2]
        press = {"key": value, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers}
        await self.send("Input.dispatchKeyEvent", type="keyDown", **press, **({"text": text} if text else {}))
        await self.send("Input.dispatchKeyEvent", type="keyUp", **press)

    async def screenshot(self) -> bytes:
        """A picture of the window, as PNG."""
        return base64.b64decode((await self.send("Page.captureScreenshot", format="png"))["data"])


@asynccontextmanager
async def page(driven: Browser) -> AsyncGenerator[Page]:
    """Open a tab, and close it."""
    context = (await driven.send("Target.createBrowserContext"))["browserContextId"]
    target = (await driven.send("Target.createTarget", url="about:blank", browserContextId=context))["targetId"]
    session = (await driven.send("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
    opened = Page(driven, target, session)
    await opened.prepare()
    try:
        yield opened
    finally:
        await driven.send("Target.disposeBrowserContext", browserContextId=context)
