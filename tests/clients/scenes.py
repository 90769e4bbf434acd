"""What a client is put through: a sandbox that counts, a server that starts with nothing, and one order."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kie_mcp.sandbox import serve
from kie_mcp.sandbox.api.app import SandboxApp, create_app
from tests.clients import evidence
from tests.clients.fleet import HERE, Client

PROMPT = "a red boat on a quiet lake"
TOOLS = {"generate_image", "generate_speech", "create_talking_video", "get_job_status", "list_jobs", "list_models"}
FIRST_PICTURE = 18.4
"""Seconds that the first picture of a sandbox with seed 0 takes at speed 1."""
TOLD = 5.0
"""Seconds that a client is given that would wait for ever."""
LIMIT = 300.0
"""Seconds that a client may take for a scene, its start on a busy machine included."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The sandbox and the server as a client meets them."""

    name: str
    picture: float = 7.0
    """Seconds that the picture takes."""
    create: float = 0.0
    """Seconds that the answer to the create call takes, which comes after the job was made and charged."""
    held: bool = False
    """Whether the server keeps a call until the job is done, instead of answering in the client's time."""
    cuts: bool = False
    """Whether the client is bound to give up a call."""
    timeout: float | None = None
    """Seconds after which the client is told to give up a call."""
    follows: bool = False
    """Whether it does after each answer just what the answer says comes next, with its own timeouts."""


def scenes(client: Client) -> Iterator[Scene]:
    """What that client is put through: longer than the strictest client waits, in each way there is."""
    yield Scene("by itself")
    yield Scene("follows next", picture=25.0, follows=True)
    yield Scene("create late", create=8.0, held=True)
    if client.can_be_told:
        yield Scene("told to cut", picture=TOLD + 6, held=True, cuts=True, timeout=TOLD)
    if client.cuts_after:
        yield Scene("cut", picture=client.cuts_after + 6, held=True, cuts=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the order."""

    client: str
    scene: str
    seconds: float
    created: int
    """Jobs that the sandbox made, and would have charged."""
    evidence: evidence.Evidence
    account: dict[str, Any]
    """The driver's: tools, calls, jobs, outputs, state."""
    problems: list[str] = field(default_factory=list[str])


class Late:
    """Middleware: the answer to the create call comes later than what it speaks of."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; one path waits before its answer."""

        async def late(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["path"].endswith("/createTask"):
                await anyio.sleep(self._seconds)
            await send(message)

        await self._app(scope, receive, late)


async def play(client: Client, scene: Scene, *, command: list[str] | None = None) -> Outcome:
    """Put the client through the scene; `command` is another driver than its own."""
    app = create_app(seed=0, speed=FIRST_PICTURE / scene.picture)
    app.add_middleware(Late, seconds=scene.create)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with serve(app) as url:
            began = anyio.current_time()
            told = await _run(command or client.command, folder, _environment(scene, folder, url))
            seconds = round(anyio.current_time() - began, 1)
            return _judge(client, scene, seconds, app, folder, told)


async def _run(driver: list[str], folder: Path, environment: dict[str, str]) -> CompletedProcess[bytes] | None:
    server = [sys.executable, str(HERE / "tap.py"), str(folder / "wire"), sys.executable, "-m", "kie_mcp"]
    with anyio.move_on_after(LIMIT):
        return await anyio.run_process([*driver, PROMPT, *server], env=environment, cwd=folder / "home", check=False)
    return None


def _environment(scene: Scene, folder: Path, url: str) -> dict[str, str]:
    (folder / "home").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_", "PYTHON"))}
    kie = {
        "KIE_API_BASE_URL": url,
        "KIE_UPLOAD_BASE_URL": url,
        "KIE_API_KEY": "sandbox",
        "KIE_STATE_DIR": str(folder / "state"),
        "KIE_OUTPUT_DIR": str(folder / "out"),
    }
    quiet = {"OTEL_SDK_DISABLED": "true", "CREWAI_DISABLE_TELEMETRY": "true", "CREWAI_DISABLE_VERSION_CHECK": "true"}
    held = {"KIE_WAIT_SECONDS": "300"} if scene.held else {}
    told = {"CLIENT_TIMEOUT": str(scene.timeout)} if scene.timeout else {}
    follows = {"CLIENT_FOLLOWS": "1"} if scene.follows else {}
    return kept | kie | quiet | held | told | follows | {"HOME": str(folder / "home")}


def _judge(
    client: Client, scene: Scene, seconds: float, app: SandboxApp, folder: Path, told: CompletedProcess[bytes] | None
) -> Outcome:
    account, said = _account(told)
    seen = evidence.read(folder / "wire")
    created = app.state.sandbox.created
    problems = [*_problems(scene, account, seen, created), *([] if account else said)]
    return Outcome(client.name, scene.name, seconds, created, seen, account, problems)


def _account(told: CompletedProcess[bytes] | None) -> tuple[dict[str, Any], list[str]]:
    if told is None:
        return {}, [f"was not done after {LIMIT:g} s"]
    lines = told.stdout.decode(errors="replace").splitlines()
    last = next((line for line in reversed(lines) if line.startswith('{"tools"')), "{}")
    return json.loads(last), told.stderr.decode(errors="replace").splitlines()[-8:]


def _problems(scene: Scene, account: dict[str, Any], seen: evidence.Evidence, created: int) -> Iterator[str]:
    if created != 1:
        yield f"{created} jobs were created for one order"
    if not account:
        yield "gave no account"
        return
    if absent := TOOLS - set(account["tools"]):
        yield f"does not see {', '.join(sorted(absent))}"
    if account["state"] != "succeeded":
        yield f"ended {account['state'] or 'without a state'}: {account['calls'][-1]['text'][:200]}"
    if len(account["jobs"]) != 1:
        yield f"was shown {len(account['jobs'])} jobs"
    if [Path(path).read_bytes()[:4] for path in account["outputs"]] != [b"\x89PNG"]:
        yield f"got to {account['outputs'] or 'no file'}"
    if scene.follows and (lost := [call["tool"] for call in account["calls"] if not call["state"]]):
        yield f"lost the answer to {', '.join(lost)}, called as it was told"
    if scene.cuts and seen.orders < 2:
        yield "never gave up a call, so this scene proves nothing"
