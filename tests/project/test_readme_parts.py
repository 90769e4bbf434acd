"""README says what the code says: its generated parts, entries, links, pictures and numbers."""

import base64
import json
import re
import shlex
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from kie_mcp.cli.command import list_commands
from kie_mcp.cli.options import build_parser
from kie_mcp.client_config.clients import BY_ID, CLIENTS, Client
from kie_mcp.jobs.rate_limit import BUDGET
from kie_mcp.jobs.timing import Timing
from kie_mcp.market.snapshot import load_snapshot
from kie_mcp.settings import Settings
from kie_mcp.surface.arguments.types import MOST_JOBS
from tests.support.readme_parts import BLOB, PARTS, README, REPOSITORY, ROOT, replace_part

TEXT = README.read_text("utf-8")
RAW = REPOSITORY.replace("https://github.com", "https://raw.githubusercontent.com") + "/main/"
LARGEST_PICTURE = 30_000


@pytest.mark.parametrize("part", PARTS)
def test_what_is_made_from_the_code_is_up_to_date(part: str) -> None:
    assert replace_part(TEXT, part, PARTS[part]()) == TEXT, f"README's part {part!r} is old: call `make readme`."


def block_of(client: Client) -> str:
    """What README says of a client."""
    return TEXT.split(f"<summary><b>{client.title}</b></summary>", 1)[1].split("</details>", 1)[0]


def code(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def find_entry(client: Client) -> dict[str, Any]:
    """Read the entry out of the client's block, as the client would."""
    block = block_of(client)
    document: Any = tomllib.loads(code(block, "toml")[0]) if client.is_toml else json.loads(code(block, "json")[0])
    for name in (*client.servers, "kie"):
        document = document[name]
    return document


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.id)
def test_every_client_is_given_the_same_command_and_a_place_for_the_key(client: Client) -> None:
    entry = find_entry(client)
    words = entry["command"] if client.id == "opencode" else [entry["command"], *entry["args"]]
    assert words == ["uvx", "kie-mcp"]
    key = client.reference if client.asks_for_key else "your key"
    assert (entry.get("env") or entry["environment"]) == {"KIE_API_KEY": key}
    assert f"uvx kie-mcp config {client.id} --write" in block_of(client)
    assert re.search(r"[Rr]estart|start it again", block_of(client))
    assert "To see that it works" in block_of(client)


def test_what_vs_code_asks_for_is_what_the_server_is_given() -> None:
    asked = json.loads(code(block_of(BY_ID["vscode"]), "json")[0])["inputs"]
    assert [(one["id"], one["type"], one["password"]) for one in asked] == [("kie-api-key", "promptString", True)]


@pytest.mark.parametrize("client", [one for one in CLIENTS if one.add], ids=lambda client: client.id)
def test_the_clients_own_command_says_the_same_as_its_file(client: Client) -> None:
    line = next(text for text in code(block_of(client), "text") if text.startswith(client.add[0]))
    before, after = " ".join(shlex.split(line)).split(" -- ")
    assert before.endswith(" --env KIE_API_KEY=your key")
    assert after == "uvx kie-mcp"


def test_the_links_that_install_say_the_same_as_the_files() -> None:
    cursor = parse_qs(urlsplit(find_link("https://cursor.com/en/install-mcp")).query)
    decoded = json.loads(base64.b64decode(cursor["config"][0]))
    assert cursor["name"] == ["kie"]
    assert decoded == find_entry(BY_ID["cursor"]) | {"env": {"KIE_API_KEY": ""}}  # Cursor shows the place for the key
    vscode = parse_qs(urlsplit(find_link("https://vscode.dev/redirect/mcp/install")).query)
    assert vscode["name"] == ["kie"]
    assert json.loads(vscode["config"][0]) == find_entry(BY_ID["vscode"])
    whole = json.loads(code(block_of(BY_ID["vscode"]), "json")[0])
    assert json.loads(vscode["inputs"][0]) == whole["inputs"]


def find_link(beginning: str) -> str:
    return next(target for target in re.findall(r"\]\(([^)]+)\)", TEXT) if target.startswith(beginning))


def test_the_agent_is_the_one_of_the_example_that_runs() -> None:
    """But for what the example replaces: the command, the key and the model."""
    block = code(TEXT, "python agent")[0]
    example = (ROOT / "examples/pydantic_ai_agent.py").read_text("utf-8")
    plain = block.replace("anthropic:claude-sonnet-4-5", "").replace('""', "model")
    plain = re.sub(r"(SERVER = StdioTransport\().*", r"\1", plain)
    compile(block, "README", "exec")
    for line in filter(None, plain.splitlines()):
        imported = re.fullmatch(r"from (\S+) import (\w+)", line)
        assert line in example or (
            imported and re.search(rf"from {imported[1]} import .*\b{imported[2]}\b", example)
        ), line


def test_links_into_the_repository_lead_somewhere() -> None:
    """They are absolute, because a package index shows README without the files beside it."""
    targets = [*re.findall(r"\]\(([^)]+)\)", TEXT), *re.findall(r'src="([^"]+)"', TEXT)]
    ours = [one.removeprefix(BLOB).removeprefix(RAW) for one in targets if one.startswith((BLOB, RAW))]
    assert len(ours) >= 6
    assert [path for path in ours if not (ROOT / path).exists()] == []
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []


def test_links_inside_lead_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert {*re.findall(r"\]\(#([^)]+)\)", TEXT)} <= anchors


@pytest.mark.parametrize("path", sorted((ROOT / "packaging" / "pictures").glob("*.jpg")), ids=lambda path: path.name)
def test_pictures_are_small_and_have_the_width_that_is_told(path: Path) -> None:
    assert path.stat().st_size < LARGEST_PICTURE
    with Image.open(path) as picture:
        assert f'packaging/pictures/{path.name}" width="{picture.width}"' in TEXT


def test_the_lines_for_a_terminal_are_understood() -> None:
    lines = [
        line for text in code(TEXT, "text") for line in text.splitlines() if " kie-mcp " in line and "--write" in line
    ]
    lines += [line for line in TEXT.splitlines() if line.startswith("uvx kie-mcp image")]
    assert len(lines) == len(CLIENTS) + 1
    for line in lines:
        assert build_parser(whole=True).parse_args(shlex.split(line)[2:]).command in list_commands()


def test_every_setting_and_every_command_is_in_a_table() -> None:
    assert all(f"| `KIE_{field.upper()}` |" in TEXT for field in Settings.model_fields)
    assert all(f"| `kie-mcp {name}` |" in TEXT for name in list_commands())


def test_the_numbers_are_those_of_the_code() -> None:
    timing = Timing()
    told = [
        f"sends at most {BUDGET} in {timing.send_window:g} seconds",
        f"could not be sent for {timing.wanted_for / 60:g} minutes",
        f"{timing.shortest_gap:g} to {timing.longest_gap:g} s",
        f"documented on {datetime.fromtimestamp(load_snapshot().as_of, UTC):%Y-%m-%d}",
        {10: "orders up to ten"}[MOST_JOBS],
    ]
    assert [words for words in told if words not in TEXT] == []
