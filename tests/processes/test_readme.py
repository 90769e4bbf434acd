"""What README shows runs: its Python, its shell lines, its demo."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from kie_mcp.sandbox import serve

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def environment(home: Path, **settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_"))}
    return clean | {"HOME": str(home), "PYTHONPATH": str(ROOT), **settings}


async def run(*command: str, env: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Run Python with these arguments in the checkout."""
    return await anyio.run_process([sys.executable, *command], check=False, cwd=ROOT, env=env)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """The environment of a user who has a sandbox."""
    async with serve(speed=60) as url:
        yield environment(tmp_path, KIE_API_KEY="sandbox", KIE_API_BASE_URL=url, KIE_UPLOAD_BASE_URL=url)


def test_the_danger_of_serving_without_a_token_is_told_once() -> None:
    told = [line for line in README.splitlines() if "spend your credits" in line]
    assert len(told) == 1
    assert "KIE_HTTP_TOKEN" in told[0]


@pytest.mark.anyio
async def test_the_shell_lines_run(sandbox: dict[str, str]) -> None:
    lines = [line for text in blocks("shell") for line in text.splitlines()]
    assert lines
    for line in lines:
        program, *arguments = shlex.split(line)
        ran = await run("-m", program.replace("-", "_"), *arguments, env=sandbox)
        assert (ran.returncode, ran.stderr) == (0, b""), line


@pytest.mark.anyio
@pytest.mark.parametrize("code", blocks("python"))
async def test_the_python_blocks_run(code: str, tmp_path: Path) -> None:
    ran = await run("-c", code, env=environment(tmp_path))
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.startswith(b"succeeded ('http")


@pytest.mark.anyio
async def test_the_demo_ends_as_shown(tmp_path: Path) -> None:
    """Names, sizes and times differ from run to run; kinds and form do not."""
    code = "import sys, pathlib; from kie_mcp.demo.run import run_demo; run_demo(pathlib.Path(sys.argv[1]), speed=60)"
    ran = await run("-c", code, str(tmp_path / "kie-demo"), env=environment(tmp_path))
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert "\x1b" not in ran.stdout.decode()
    said = ran.stdout.decode().replace(str(tmp_path), "/home/you/kie-mcp").splitlines()
    shown = next(text for text in blocks("text") if text.startswith("$ make demo")).splitlines()
    assert [_form(line) for line in said[-3:]] == [_form(line) for line in shown[-3:]]
    assert {line.rsplit("/")[-1] for line in said[-3:]} == _names(tmp_path / "kie-demo")


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _form(line: str) -> str:
    return re.sub(r"\d+", "0", re.sub(r"-\w+-1\.", "-id-1.", line))
