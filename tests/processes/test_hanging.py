"""What stands in the place of a saved file gives nothing away and holds nobody up; a thread that hangs ends nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPError

from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.serial_thread import SerialThread
from kie_mcp.media.worker_threads import run_in_thread
from kie_mcp.sandbox import serve
from tests.support.http_process import ROOT, environment, serving
from tests.support.sandbox_server import facts

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(os.name != "posix", reason="Windows has neither such files nor such signals"),
]

KEY = "canary-key"


def fifo(path: Path) -> None:
    os.mkfifo(path)


def environ(path: Path) -> None:
    path.symlink_to("/proc/self/environ")


def copy(path: Path) -> None:
    """What is linked to is the very picture; only the link is wrong."""
    real = path.with_name("elsewhere.png")
    real.write_bytes(path.with_suffix(".kept").read_bytes())
    path.symlink_to(real)


def other(path: Path) -> None:
    (secret := path.with_name("secret")).write_text(KEY)
    path.hardlink_to(secret)


@asynccontextmanager
async def client(folder: Path, way: str) -> AsyncGenerator[tuple[Client, Callable[[], float]]]:
    """A client of a server process, and how to end that: seconds until it has ended at SIGTERM."""
    async with serve(speed=60) as url:
        place = {"KIE_API_KEY": "sandbox", "KIE_API_BASE_URL": url, "KIE_UPLOAD_BASE_URL": url}
        if way == "http":
            with serving(folder, "serve", "--port", "0", **place) as server:
                async with Client(server.url()) as one:
                    yield one, lambda: server.leave()[1]
            return
        wrapper = f"echo $$ > {folder}/pid; exec {sys.executable} -m kie_mcp"
        command = StdioServerParameters(command="sh", args=["-c", wrapper], env=environment(folder, **place))
        async with Client(stdio_client(command)) as one:
            yield one, lambda: ended(int((folder / "pid").read_text()))


def ended(process: int, timeout: float = 20.0) -> float:
    """Tell a process of ours to end, and say how many seconds that took."""
    began = time.monotonic()
    os.kill(process, signal.SIGTERM)
    while time.monotonic() - began < timeout:
        state = Path(f"/proc/{process}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.parametrize("way", ["stdio", "http"])
async def test_nothing_but_the_saved_file_is_read_and_the_process_leaves_in_time(tmp_path: Path, way: str) -> None:
    async with client(tmp_path, way) as (one, leave):
        for put in (fifo, environ, copy, other):
            made = facts(await one.call_tool("generate_image", {"prompt": put.__name__, "wait_seconds": 60}))
            replaced(Path(made["outputs"][0]["path"]), put)
            with anyio.fail_after(60):
                with pytest.raises(MCPError, match="call get_job_status to save it again") as refused:
                    await one.read_resource(made["outputs"][0]["resource"])
                again = await one.call_tool("get_job_status", {"job_id": made["job_id"], "preview": True})
            assert KEY not in str(refused.value)
            assert facts(again)["state"] == "succeeded"
        assert await anyio.to_thread.run_sync(leave) < 5


def replaced(path: Path, put: Callable[[Path], None]) -> None:
    """Put something else in the place of a file."""
    path.rename(path.with_suffix(".kept"))
    put(path)


@pytest.mark.parametrize("how", ["served", "told"])
def test_a_thread_that_hangs_keeps_no_process_from_leaving(tmp_path: Path, how: str) -> None:
    command = [sys.executable, str(ROOT / "tests" / "processes" / "hanging_server.py"), how]
    given = environment(tmp_path, KIE_API_BASE_URL="http://127.0.0.1:9")
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=given, text=True) as process:  # noqa: S603 - our own
        try:
            if how == "served":
                assert process.stderr
                assert process.stderr.readline().startswith("http://")
                process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            assert process.wait(20) == (0 if how == "served" else 1)
            assert time.monotonic() - began < 10
        finally:
            process.kill()


async def test_who_gives_up_is_not_kept_and_what_was_opened_for_nobody_is_closed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    going, opened = threading.Event(), threading.Event()
    files: list[IO[str]] = []

    def slowly() -> object:
        going.wait()
        files.append(file := (tmp_path / "file").open())
        opened.set()
        return file

    with anyio.fail_after(5), anyio.move_on_after(0.05):
        await run_in_thread(slowly)
    going.set()
    assert opened.wait(5)
    await until(lambda: files[0].closed)


async def until(true: Callable[[], bool]) -> None:
    with anyio.fail_after(5):
        while not true():  # noqa: ASYNC110 - a thread tells no event
            await anyio.sleep(0.01)


async def test_a_disk_that_does_not_answer_is_said_and_not_waited_for() -> None:
    never = threading.Event()
    try:
        with anyio.fail_after(5), pytest.raises(OSError, match="the disk does not answer"):
            await run_in_thread(never.wait, patience=0.05)
    finally:
        never.set()


async def test_a_ledger_whose_disk_does_not_answer_says_so_until_it_does() -> None:
    never, run = threading.Event(), SerialThread(patience=0.05)
    try:
        with anyio.fail_after(5):
            for _ in range(3):
                with pytest.raises(LedgerError, match="its disk does not answer"):
                    await run(never.wait)
    finally:
        never.set()
    with anyio.fail_after(5):
        while True:
            try:
                assert await run(lambda: 7) == 7
                break
            except LedgerError:
                await anyio.sleep(0.01)
