"""The examples of agent frameworks run as they are and get to their picture: `make examples`."""

import re
from pathlib import Path

import pytest

from kie_mcp.media.probe.file_type import probe
from tests.clients.fleet import BIN, FLEET
from tests.support.examples import EXAMPLES, Ran, read_lines, run_all

CLIENTS = {"langchain_agent": "langchain", "openai_agent": "openai-agents", "pydantic_ai_agent": "pydantic-ai"}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """What became of each, in the environment of its framework."""
    pythons = {name: str(FLEET[client].home / BIN / "python") for name, client in CLIENTS.items()}
    return run_all(pythons, tmp_path_factory.mktemp("homes"))


@pytest.mark.parametrize("name", CLIENTS)
def test_an_agent_gets_to_its_picture(ran: Ran, name: str) -> None:
    lines = read_lines(ran[name])
    files = [Path(line.removeprefix("file: ")) for line in lines if line.startswith("file: ")]
    assert [probe(file).mime_type for file in files] == ["image/png"]
    assert any(line.endswith("Here is your fox.") for line in lines)


@pytest.mark.parametrize("name", CLIENTS)
def test_what_uv_may_choose_for_an_example_includes_what_it_is_run_with_here(name: str) -> None:
    pins = dict(line.split("==") for line in (FLEET[CLIENTS[name]].pins or Path()).read_text("utf-8").splitlines())
    script = (EXAMPLES / f"{name}.py").read_text("utf-8")
    wanted = re.findall(r'"([\w-]+)(?:\[\w+\])?>=([\d.]+),<([\d.]+)"', script.split("# ///", 2)[1])
    assert wanted
    for package, least, top in wanted:
        assert version(least) <= version(pins[package]) < version(top)


def version(text: str) -> list[int]:
    return [int(part) for part in text.split(".")]
