"""The host's half of MCP Apps: shows the viewer in a sandboxed frame, answers it, and keeps what it said."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from kie_mcp.surface.viewer import make_viewer
from tests.viewer.chromium import Browser, Page, page

HOST, VIEW = "https://host.test", "https://view.test"
PAGE = Path(__file__).with_name("host.html").read_text("utf-8")
HURRY = 50
# Time is one of the browser's seams: the page's own clock runs faster, and tells how long it was asked to wait.
CLOCK = f"""(() => {{
  const later = window.setTimeout, often = window.setInterval, now = performance.now.bind(performance);
  window.pauses = [];
  window.setTimeout = (act, ms, ...rest) => {{ window.pauses.push(ms); return later(act, ms / {HURRY}, ...rest); }};
  window.setInterval = (act, ms, ...rest) => often(act, ms / {HURRY}, ...rest);
  performance.now = () => now() * {HURRY};
}})()"""

# What the page sets, not what a browser's version makes of it: each names roles and states in its own words.
OUTLINE = """[...document.body.querySelectorAll("*")]
  .filter((one) => one.checkVisibility() && !one.closest("script, [aria-hidden=true]"))
  .map((one) => {
    const set = [...one.attributes].filter(({ name }) => ["alt", "role"].includes(name) || name.startsWith("aria-"));
    const texts = [...one.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const words = texts.map((node) => node.data.trim()).filter(Boolean);
    const said = [...set.map(({ name, value }) => `${name}=${value}`), ...words];
    return said.length ? `${one.localName}: ${said.join(" | ")}` : "";
  })
  .filter(Boolean)"""

GONE_BY = "new Promise((later) => setTimeout(later, 60000))"
"""Inside the view: a minute of its own time."""

Reply = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Refused(Exception):  # noqa: N818 - as the view hears it
    """The host says no."""


async def refuse(_: dict[str, Any]) -> dict[str, Any]:
    """Say no."""
    raise Refused


async def agree(_: dict[str, Any]) -> dict[str, Any]:
    """Say yes."""
    return {}


def reading(files: Mapping[str, tuple[str, bytes]]) -> Reply:
    """Answer `resources/read` from a table: URI → type, bytes."""

    async def read(params: dict[str, Any]) -> dict[str, Any]:
        if params["uri"] not in files:
            raise Refused
        mime, content = files[params["uri"]]
        blob = base64.b64encode(content).decode()
        return {"contents": [{"uri": params["uri"], "mimeType": mime, "blob": blob}]}

    return read


def policy(csp: Mapping[str, list[str]], *, media: str = "data:") -> str:
    """The Content-Security-Policy that the specification (2026-01-26) has a host make of what a resource declares."""
    domains = " ".join(csp.get("resourceDomains", []))
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'unsafe-inline' {domains}",
            f"style-src 'self' 'unsafe-inline' {domains}",
            f"connect-src 'self' {' '.join(csp.get('connectDomains', []))}",
            f"img-src 'self' {media} {domains}",
            f"font-src 'self' {domains}",
            f"media-src 'self' {media} {domains}",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
        ]
    )


class Host:
    """One view in one page."""

    def __init__(self, shown: Page, replies: Mapping[str, Reply], context: dict[str, Any], can: dict[str, Any]) -> None:
        self.page = shown
        self.said: list[dict[str, Any]] = []
        """What came from the view, in order."""
        self.left: list[str] = []
        """The addresses outside of the page that it asked for."""
        self.web: dict[str, tuple[str, bytes]] = {}
        """What those addresses hold: type, bytes."""
        self.replies = {"ui/initialize": self._hello, **replies}
        self._context = context
        self._can = can
        self._news = asyncio.Event()

    async def _hello(self, _: dict[str, Any]) -> dict[str, Any]:
        info = {"name": "test-host", "version": "1"}
        return {
            "protocolVersion": "2026-01-26",
            "hostInfo": info,
            "hostCapabilities": self._can,
            "hostContext": self._context,
        }

    async def hear(self, event: dict[str, Any]) -> None:
        """Take a message of the view and answer it, if it asks."""
        message = json.loads(event["payload"])
        self.said.append(message)
        self._news.set()
        if "id" not in message or "method" not in message:
            return
        try:
            answer = {"result": await self.replies.get(message["method"], refuse)(message["params"])}
        except Refused:
            answer = {"error": {"code": -32000, "message": "denied"}}
        await self.tell(id=message["id"], **answer)

    async def serve(self, event: dict[str, Any], pages: Mapping[str, tuple[str, str, str]]) -> None:
        """Answer a request of the browser: nothing reaches a network."""
        url, number = event["request"]["url"], event["requestId"]
        headers: list[dict[str, str]] = []
        if url in pages:
            mime, csp, text = pages[url]
            body = text.encode()
            headers = [{"name": "Content-Security-Policy", "value": csp}] if csp else []
        else:
            self.left.append(url)
            if url not in self.web:
                await self.page.send("Fetch.failRequest", requestId=number, errorReason="BlockedByClient")
                return
            mime, body = self.web[url]
        await self.page.send(
            "Fetch.fulfillRequest",
            requestId=number,
            responseCode=200,
            responseHeaders=[{"name": "Content-Type", "value": mime}, *headers],
            body=base64.b64encode(body).decode(),
        )

    async def tell(self, **message: Any) -> None:
        """Post a message to the view."""
        await self.page.run(f"tell({json.dumps(message)})", HOST)

    async def give(self, facts: dict[str, Any] | None, **more: Any) -> None:
        """Hand the view a tool's result."""
        content = [{"type": "text", "text": "said in words"}]
        result = {"content": content, **({"structuredContent": facts} if facts is not None else {}), **more}
        await self.tell(method="ui/notifications/tool-result", params=result)

    async def ask(self, method: str) -> dict[str, Any]:
        """Put a request of the host's own to the view and return what it answers."""
        await self.tell(id="host-1", method=method, params={})
        return await self.heard(lambda message: message.get("id") == "host-1")

    async def heard(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first such message of the view, also a past one."""
        while not (found := [message for message in self.said if wanted(message)]):
            self._news.clear()
            await self._news.wait()
        return found[0]

    async def params(self, method: str) -> dict[str, Any]:
        """What the first message of that method says."""
        return (await self.heard(lambda message: message.get("method") == method))["params"]

    def calls(self, method: str = "tools/call") -> list[dict[str, Any]]:
        """What all messages of that method say."""
        return [message["params"] for message in self.said if message.get("method") == method]

    async def look(self, script: str) -> Any:
        """The value of an expression inside the view."""
        return await self.page.run(script, VIEW)

    async def until(self, script: str) -> None:
        """Wait until an expression inside the view is true."""
        # Frames of a page that nobody sees may never come.
        while not await self.look(f"Boolean({script})"):  # noqa: ASYNC110 - the page tells nobody
            await anyio.sleep(0.02)

    async def shows(self, words: str) -> None:
        """Wait until the view shows these words."""
        await self.until(f"document.body.innerText.includes({json.dumps(words)})")

    async def click(self, name: str) -> None:
        """Click the button or the link of that accessible name or text."""
        find = f"(one) => (one.ariaLabel || one.textContent) === {json.dumps(name)}"
        await self.until(f"[...document.querySelectorAll('button, a')].some({find})")
        await self.look(f"[...document.querySelectorAll('button, a')].find({find}).click()")

    async def outline(self) -> list[str]:
        """What the page itself says of each thing that is not hidden: element, role, name, states, text."""
        return await self.look(OUTLINE)


@asynccontextmanager
async def host(
    driven: Browser,
    *,
    width: int = 800,
    height: int = 700,
    dark: bool = False,
    html: str | None = None,
    csp: str | None = None,
    context: dict[str, Any] | None = None,
    can: dict[str, Any] | None = None,
    resources_read: Reply = refuse,
    tools_call: Reply = refuse,
) -> AsyncGenerator[Host]:
    """Show the viewer in a host; the last two arguments answer the view's questions to the server."""
    [bound] = make_viewer().resources()
    meta = (bound.resource.meta or {})["ui"]
    shown = str(await bound.resource.read()) if html is None else html
    pages = {f"{HOST}/": ("text/html", "", PAGE), f"{VIEW}/": ("text/html", csp or policy(meta["csp"]), shown)}
    replies = {"resources/read": resources_read, "tools/call": tools_call}
    async with page(driven) as opened:
        here = Host(opened, replies, context or {}, {"serverTools": {}} if can is None else can)
        opened.on("Runtime.bindingCalled", here.hear)
        opened.on("Fetch.requestPaused", lambda event: here.serve(event, pages))
        await opened.send("Runtime.addBinding", name="toTest")
        await opened.send("Page.addScriptToEvaluateOnNewDocument", source=CLOCK)
        await opened.send("Fetch.enable", patterns=[{"urlPattern": "*"}])
        await opened.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await opened.send("Emulation.setEmulatedMedia", features=features)
        await opened.send("Page.navigate", url=f"{HOST}/")
        with anyio.fail_after(60):
            await here.heard(lambda message: message.get("method") == "ui/notifications/initialized")
            yield here
