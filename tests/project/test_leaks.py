"""A key and a signed link are in no answer, log or ledger that has no business with them, whatever goes wrong."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult
from pydantic import SecretStr

from tests.support.faulty_host import Behaviour, faulty_host, response, says
from tests.support.sandbox_server import Stand, facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

KEY = "kie-canary-key-0123456789abcdef"
SIGNATURE = "canarysignature0123456789"
SIGNED = f"https://files.example.com/face.png?X-Amz-Signature={SIGNATURE}"
WORDS = f"denied for Bearer {KEY}: cannot fetch {SIGNED}"
"""What may stand in an answer of Kie.ai's, or in an exception's own text."""
CREATE, LOOK, FILES = "/api/v1/jobs/createTask", "/api/v1/jobs/recordInfo", "/files/"

Fault = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


class Faulty(httpx.AsyncBaseTransport):
    """Lets one path go wrong, and leaves the others to the sandbox."""

    def __init__(self, inner: httpx.AsyncBaseTransport, path: str, fault: Fault) -> None:
        self._inner = inner
        self._path = path
        self._fault = fault

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith(self._path):
            return self._fault(request)
        return await self._inner.handle_async_request(request)


def raises(kind: type[Exception]) -> Fault:
    def fault(_: httpx.Request) -> httpx.Response:
        raise kind(WORDS)

    return fault


def answers(code: int, *, status: int = 200, **more: Any) -> Fault:
    return lambda _: httpx.Response(status, json={"code": code, "msg": WORDS, "data": None, **more})


def page(status: int) -> Fault:
    return lambda _: httpx.Response(status, html=f"<html>{WORDS}</html>")


def failed(_: httpx.Request) -> httpx.Response:
    record = {"taskId": "t", "state": "fail", "failCode": "500", "failMsg": WORDS}
    return httpx.Response(200, json={"code": 200, "msg": "success", "data": record})


def made(_: httpx.Request) -> httpx.Response:
    """A success whose file lies where nothing is fetched from."""
    result = json.dumps({"resultUrls": [SIGNED.replace("files.example.com", "10.0.0.1")]})
    record = {"taskId": "t", "state": "success", "resultJson": result}
    return httpx.Response(200, json={"code": 200, "msg": "success", "data": record})


FAULTS: dict[str, tuple[str, Fault]] = {
    "create: no answer": (CREATE, raises(httpx.ReadTimeout)),
    "create: not reached": (CREATE, raises(httpx.ConnectError)),
    "create: a proxy": (CREATE, raises(httpx.ProxyError)),
    "create: a crash": (CREATE, raises(RuntimeError)),
    "create: a wrong key": (CREATE, answers(401)),
    "create: no credits": (CREATE, answers(402)),
    "create: refused": (CREATE, answers(422)),
    "create: too many": (CREATE, answers(429)),
    "create: a server's error": (CREATE, answers(500)),
    "create: a page": (CREATE, page(502)),
    "create: a redirect": (CREATE, lambda _: httpx.Response(302, headers={"location": SIGNED})),
    "look: no answer": (LOOK, raises(httpx.ReadError)),
    "look: a crash": (LOOK, raises(ValueError)),
    "look: a wrong key": (LOOK, answers(401)),
    "look: unknown": (LOOK, answers(422)),
    "look: a page": (LOOK, page(500)),
    "look: failed": (LOOK, failed),
    "download: refused": (LOOK, made),
    "download: no answer": (FILES, raises(httpx.ReadTimeout)),
    "download: a crash": (FILES, raises(RuntimeError)),
    "download: a page": (FILES, page(200)),
    "download: dead": (FILES, page(403)),
    "download: elsewhere": (FILES, lambda _: httpx.Response(302, headers={"location": SIGNED})),
}


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Everything that is logged, at every level, with its traceback."""
    lines: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, keeping = logging.getLogger(), Keeping(logging.DEBUG)
    level = root.level
    root.addHandler(keeping)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(keeping)


@asynccontextmanager
async def tapped(folder: Path, path: str, fault: Fault) -> AsyncGenerator[Stand]:
    changes = {"api_key": SecretStr(KEY), "log_level": "DEBUG"}
    async with stand(folder, changes=changes, transport=lambda inner: Faulty(inner, path, fault), speed=100) as here:
        yield here


def ledger(folder: Path) -> bytes:
    """Every byte of the state folder."""
    return b"".join(path.read_bytes() for path in (folder / "state").rglob("*") if path.is_file())


def without_outputs(result: CallToolResult) -> str:
    """The answer but for where its files are, which is what a caller is told it for."""
    known = {name: value for name, value in facts(result).items() if name != "outputs"}
    lines = [line for line in text(result).splitlines() if not line.startswith("url: ")]
    return json.dumps(known) + "\n".join(lines)


@pytest.mark.parametrize("name", FAULTS)
async def test_trouble_with_kie_says_nothing_of_the_key_or_of_a_signed_link(
    tmp_path: Path, log: list[str], name: str
) -> None:
    path, fault = FAULTS[name]
    async with tapped(tmp_path, path, fault) as here:
        given = await here.call("generate_image", prompt="a cat", wait_seconds=4)
        known = facts(given)
        asked = await here.call("get_job_status", job_id=known["job_id"], wait_seconds=1)
        listed = await here.call("list_jobs")
        foreign = await here.call("get_job_status", job_id="made-elsewhere-0123", wait_seconds=0)
    said = without_outputs(given) + without_outputs(asked) + str(here.heard)
    said += text(listed) if "download" not in name else ""
    said += without_outputs(foreign) + "\n".join(log)
    assert known["state"] in {"queued", "running", "failed", "unconfirmed", "succeeded"}
    assert KEY not in said
    assert SIGNATURE not in said
    assert KEY.encode() not in ledger(tmp_path)
    if "download" not in name:
        assert SIGNATURE.encode() not in ledger(tmp_path)


async def test_a_refused_order_does_not_repeat_a_signed_link(tmp_path: Path, log: list[str]) -> None:
    inside = SIGNED.replace("files.example.com", "10.0.0.1")
    orders: list[tuple[str, dict[str, Any]]] = [
        ("create_talking_video", {"image": inside, "audio": SIGNED}),
        ("create_talking_video", {"image": [SIGNED, SIGNED], "audio": SIGNED}),
        ("create_talking_video", {"image": SIGNED, "audio": SIGNED.replace("https", "ftp")}),
        ("create_talking_video", {"image": SIGNED, "audio": f"https://me:{KEY}@example.com/a.mp3"}),
        ("create_talking_video", {"image": SIGNED, "audio": SIGNED, "seed": 1}),
        ("create_talking_video", {"image": SIGNED, "audio": SIGNED, "voice": SIGNED}),
        ("create_talking_video", {"image": SIGNED}),
        ("generate_image", {"prompt": "a cat", "images": {"url": SIGNED}}),
        ("generate_image", {"prompt": "a cat", "images": [inside]}),
        ("generate_image", {"prompt": "a cat", "images": [SIGNED] * 15}),
        ("generate_image", {"prompt": "a cat", "images": [SIGNED] * 11}),
        ("generate_image", {"prompt": "a cat", "new": SIGNED}),
        ("get_job_status", {"job_id": SIGNED}),
        ("list_jobs", {"state": SIGNED}),
    ]
    async with stand(tmp_path, changes={"log_level": "DEBUG"}) as here:
        results = [await here.call(tool, **arguments) for tool, arguments in orders]
    said = "".join(text(result) + json.dumps(facts(result)) for result in results) + "\n".join(log)
    assert all(result.is_error for result in results)
    assert here.creates == []
    assert SIGNATURE not in said
    assert KEY not in said
    assert SIGNATURE.encode() not in ledger(tmp_path)


async def test_a_signed_link_that_was_handed_in_does_not_outlive_its_job(tmp_path: Path, log: list[str]) -> None:
    """While the job may still have to be sent the ledger needs it; afterwards nobody does."""
    async with stand(tmp_path, changes={"log_level": "DEBUG"}, speed=100) as here:
        result = await here.call("generate_image", prompt="a cat", images=[SIGNED])
    assert here.creates[0]["input"]["image_urls"] == [SIGNED]
    assert SIGNATURE not in text(result) + json.dumps(facts(result)) + "\n".join(log)
    assert SIGNATURE.encode() not in ledger(tmp_path)


async def test_a_ledger_that_breaks_says_nothing_either(tmp_path: Path, log: list[str]) -> None:
    async with tapped(tmp_path, "/nothing", raises(RuntimeError)) as here:
        await here.call("generate_image", prompt="a cat")
        # Put in its place, not written over it: pages of the old one, written back meanwhile, would heal it.
        garbage = anyio.Path(tmp_path / "garbage")
        await garbage.write_bytes(b"no database" * 1000)
        await garbage.replace(tmp_path / "state" / "jobs.sqlite3")
        results = [
            await here.call("generate_image", prompt="a dog", images=[SIGNED]),
            await here.call("get_job_status", job_id="job_x"),
            await here.call("list_jobs"),
        ]
    said = "".join(text(result) for result in results) + "\n".join(log)
    assert all(result.is_error for result in results)
    assert not any("Error executing tool" in text(result) for result in results)
    assert KEY not in said
    assert SIGNATURE not in said


REAL: dict[str, Behaviour] = {
    "refused": says(response(json.dumps({"code": 401, "msg": WORDS}).encode())),
    "a page": says(response(f"<html>{WORDS}</html>".encode(), status="502 Bad Gateway")),
    "nothing": says(b""),
}


@pytest.mark.parametrize("name", REAL)
async def test_a_real_server_keeps_them_to_itself_at_debug(tmp_path: Path, name: str) -> None:
    """Over real sockets, where httpx and its kin write logs of their own."""
    async with faulty_host(REAL[name]) as host:
        env = {
            "KIE_API_KEY": KEY,
            "KIE_API_BASE_URL": host.url,
            "KIE_UPLOAD_BASE_URL": host.url,
            "KIE_LOG_LEVEL": "DEBUG",
            "KIE_OUTPUT_DIR": str(tmp_path / "out"),
            "KIE_STATE_DIR": str(tmp_path / "state"),
        }
        server = StdioServerParameters(command=sys.executable, args=["-m", "kie_mcp"], env=env)
        with (tmp_path / "stderr").open("w+") as errlog:
            async with Client(stdio_client(server, errlog=errlog)) as client:
                result = await client.call_tool("generate_image", {"prompt": "a cat", "wait_seconds": 30})
            errlog.seek(0)
            logged = errlog.read()
        done = await anyio.run_process([sys.executable, "-m", "kie_mcp", "doctor"], env=env, check=False)
        jobs = await anyio.run_process([sys.executable, "-m", "kie_mcp", "jobs"], env=env, check=False)
    said = text(result) + logged + "".join(str(one.stdout + one.stderr) for one in (done, jobs))
    assert any(f"Bearer {KEY}".encode() in request for request in host.requests)
    assert facts(result)["state"] in {"failed", "unconfirmed"}
    assert KEY not in said
    assert SIGNATURE not in said
    assert KEY.encode() not in ledger(tmp_path)
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "setting",
    [
        {"KIE_API_BASE_URL": f"https://me:{KEY}@api.kie.ai"},
        {"KIE_UPLOAD_BASE_URL": f"https://uploads.example/?key={KEY}"},
        {"KIE_API_KEY": KEY, "KIE_WAIT_SECONDS": "long"},
        {"KIE_OUTPUT_DIR": KEY},
        {"KIE_OUTPUT_DIR": f"~{KEY}/kie"},
        {"KIE_STATE_DIR": f"kie/{KEY}"},
        {"KIE_INPUT_ROOTS": f"/home{os.pathsep}{KEY}"},
        {"KIE_LOG_LEVEL": KEY},
        {"KIE_LINKS": KEY},
        {"KIE_WAIT_SECONDS": KEY},
        {"KIE_API_BASE_URL": KEY},
        {"KIE_API_BASE_URL": f"https:{KEY}"},
        {"KIE_UPLOAD_BASE_URL": f"ftp://{KEY}"},
        {"KIE_LOG_LEVEL": "canary", "KIE_API_KEY": "canary"},
    ],
)
def test_a_setting_that_cannot_be_used_does_not_show_a_key(tmp_path: Path, setting: dict[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "kie_mcp", "doctor"],
        env={"HOME": str(tmp_path), **setting},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert next(iter(setting)) in ran.stderr or "KIE_WAIT_SECONDS" in ran.stderr
    assert "canary" not in (ran.stdout + ran.stderr).casefold()
    assert "Traceback" not in ran.stderr
