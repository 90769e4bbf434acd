"""The server as clients start it: a process of its own, spoken to over its pipes."""

import json
import os
import sys
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from kie_mcp import __version__
from kie_mcp.sandbox import serve
from tests.support.sandbox_server import Era, facts, text

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
TOOLS = {"generate_image", "generate_speech", "create_talking_video", "get_job_status", "list_jobs", "list_models"}
CHATTER = """
import os, subprocess, sys, threading, time

def chatter():
    while True:
        print("stray")
        subprocess.run(["echo", "a child's stray"])
        time.sleep(0.05)

threading.Thread(target=chatter, daemon=True).start() if os.environ.get("CHATTER") else None
from kie_mcp.cli.main import main
sys.exit(main(["--sandbox"]))
"""


def server(folder: Path, *arguments: str, **env: str) -> StdioServerParameters:
    given = {
        "PYTHONPATH": str(ROOT),
        "KIE_OUTPUT_DIR": str(folder / "out"),
        "KIE_STATE_DIR": str(folder / "state"),
        "HOME": str(folder),
    }
    return StdioServerParameters(command=sys.executable, args=list(arguments), env=given | env, cwd=str(folder))


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_it_introduces_itself_lists_its_tools_and_makes_a_picture(tmp_path: Path, era: Era) -> None:
    heard: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(progress)

    with (tmp_path / "stderr").open("w+") as errlog:
        async with serve(speed=60) as url:
            place = {"KIE_API_KEY": "sandbox", "KIE_API_BASE_URL": url, "KIE_UPLOAD_BASE_URL": url}
            transport = stdio_client(server(tmp_path, "-m", "kie_mcp", **place), errlog=errlog)
            async with Client(transport, mode=era) as client:
                info = client.server_info
                tools = (await client.list_tools()).tools
                made = await client.call_tool("generate_image", {"prompt": "a cat"}, progress_callback=hear)
                read = await client.read_resource(facts(made)["outputs"][0]["resource"])
        errlog.seek(0)
        logged = errlog.read()
    assert info
    assert (info.name, info.version) == ("kie-mcp", __version__)
    assert {tool.name for tool in tools} >= TOOLS
    assert facts(made)["state"] == "succeeded"
    assert await anyio.Path(facts(made)["outputs"][0]["path"]).is_file()
    assert read.contents[0].mime_type == "image/png"
    assert heard
    assert heard == sorted(set(heard))
    assert "Traceback" not in logged


async def test_with_its_own_sandbox_it_needs_nothing_else(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("w+") as errlog:
        transport = stdio_client(server(tmp_path, "-m", "kie_mcp", "--sandbox"), errlog=errlog)
        async with Client(transport) as client:
            started = await client.call_tool("generate_image", {"prompt": "a cat", "wait_seconds": 1})
            asked = await client.call_tool("get_job_status", {"job_id": facts(started)["job_id"], "wait_seconds": 0})
        errlog.seek(0)
        logged = errlog.read()
    assert (facts(asked)["state"], facts(asked)["sandbox"]) == ("running", True)
    assert "kie_task_id" in facts(asked)
    assert "Traceback" not in logged


async def test_stray_prints_cannot_corrupt_the_answers(tmp_path: Path) -> None:
    """Not even those of children; only before it serves and after its last answer the pipe is anybody's."""
    with (tmp_path / "stderr").open("w+") as errlog:
        process = await anyio.open_process(
            [sys.executable, "-c", CHATTER],
            stderr=errlog,
            env={**os.environ, "CHATTER": "1", "KIE_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path)},
        )
        assert process.stdin
        assert process.stdout
        hello = (
            '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",'
            '"capabilities":{},"clientInfo":{"name":"t","version":"1"}}}\n'
            '{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
            '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_jobs","arguments":{}}}\n'
        )
        await process.stdin.send(hello.encode())
        out = b""
        with anyio.fail_after(30):
            async for chunk in process.stdout:
                out += chunk
                if b'"id":2' in out:
                    await process.stdin.aclose()
            code = await process.wait()
    told = out[out.index(b"{") : out.rindex(b"}") + 1].decode().splitlines()
    assert [json.loads(line)["id"] for line in told] == [1, 2]
    assert code == 0


async def test_an_answer_over_the_pipe_is_the_one_that_was_meant(tmp_path: Path) -> None:
    """Quotes, line breaks and other scripts survive the way; a line that is no JSON is not the end."""
    async with Client(stdio_client(server(tmp_path, "-m", "kie_mcp", "--sandbox"))) as client:
        unknown = await client.call_tool("get_job_status", {"job_id": 'x"\n\u2028"\\y'})
        listed = await client.call_tool("list_jobs", {})
    assert facts(unknown)["error"]["category"] == "unknown_job"
    assert text(listed) == "no jobs yet: a sandbox that was started anew has none"
