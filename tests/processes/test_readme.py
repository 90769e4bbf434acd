"""What the README shows is so: its blocks run, its tables agree with the code, its configurations mean the same."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from kie_mcp.cli.command import list_commands
from kie_mcp.sandbox import serve
from kie_mcp.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
COMMAND = "/path/to/kie-mcp/.venv/bin/kie-mcp"
KEYS = {"your key", "${KIE_API_KEY}", "${input:kie-api-key}"}
"""What stands for the key: itself, a variable of the environment, what VS Code asks for."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def table(heading: str) -> list[list[str]]:
    """The cells of the rows of the first table after a heading."""
    lines = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0].splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return rows[1:]


def configurations() -> Iterator[dict[str, Any]]:
    for text in blocks("json"):
        parsed = json.loads(text)
        yield from (parsed.get("mcpServers") or parsed["servers"]).values()
    for text in blocks("toml"):
        yield from tomllib.loads(text)["mcp_servers"].values()


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


def test_every_client_is_configured_the_same() -> None:
    """Where the entry goes differs from client to client; what it says does not."""
    found = list(configurations())
    assert len(found) == 4
    for entry in found:
        assert entry["env"]["KIE_API_KEY"] in KEYS
        assert entry == {"command": COMMAND, "args": [], "env": {"KIE_API_KEY": entry["env"]["KIE_API_KEY"]}}


def test_what_vs_code_asks_for_is_what_the_server_is_given() -> None:
    asked = [entry for text in blocks("json") for entry in json.loads(text).get("inputs", ())]
    assert [(entry["id"], entry["type"], entry["password"]) for entry in asked] == [
        ("kie-api-key", "promptString", True)
    ]


def test_the_command_for_claude_code_says_the_same_as_its_file() -> None:
    line = next(text for text in blocks("text") if text.startswith("claude mcp add"))
    assert shlex.split(line) == ["claude", "mcp", "add", "kie", "--env", "KIE_API_KEY=your key", "--", COMMAND]


def test_the_settings_table_names_every_setting_and_its_default() -> None:
    rows = {row[0].strip("`"): row[1].strip("`") for row in table("Settings")}
    assert rows.keys() == {f"KIE_{name.upper()}" for name in Settings.model_fields}
    fixed = {name: field.default for name, field in Settings.model_fields.items() if isinstance(field.default, str)}
    assert {name: rows[f"KIE_{name.upper()}"] for name in fixed} == fixed


def test_the_danger_of_serving_without_a_token_is_told_once() -> None:
    told = [line for line in README.splitlines() if "spend your credits" in line]
    assert len(told) == 1
    assert "KIE_HTTP_TOKEN" in told[0]


def test_the_command_line_section_names_every_command() -> None:
    section = README.split("\n## Command line\n")[1].split("\n## ")[0]
    assert {*re.findall(r"^kie-mcp ([a-z]+)", section, re.MULTILINE)} == list_commands().keys()


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


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)", README))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
