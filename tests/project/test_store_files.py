"""What stores and installers are given is made from one source, agrees with the server, and keeps to their rules."""

import json
import re
import struct
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import anyio
import pytest

from kie_mcp.settings import SECRETS, Settings
from tests.support.store_files import DESCRIPTION, NAME, PLUGIN, PROJECT, REPOSITORY, ROOT, write_files
from tests.support.tool_table import list_tools

WRITTEN = write_files()
DOCKERFILE = re.sub(r" *\\\n *", " ", (ROOT / "Dockerfile").read_text("utf-8"))
LISTING = (ROOT / "packaging/LISTING.md").read_text("utf-8")
VARIABLES = {f"KIE_{field.upper()}" for field in Settings.model_fields}
HINTS = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")
HTTPS = "https://"


def load(path: str) -> dict[str, Any]:
    return json.loads((ROOT / path).read_text("utf-8"))


def rows(heading: str) -> list[list[str]]:
    """The rows of the table under a heading of the listing."""
    section = LISTING.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def instructions(name: str) -> list[str]:
    """What the Dockerfile gives to an instruction, in order."""
    return re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("path", WRITTEN)
def test_each_file_is_what_make_packages_writes(path: str) -> None:
    assert (ROOT / path).read_bytes() == WRITTEN[path], "run make packages"


def test_the_plugin_folder_has_no_other_files() -> None:
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / PLUGIN).rglob("*") if path.is_file()}
    assert there == {path for path in WRITTEN if path.startswith(f"{PLUGIN}/")} | {f"{PLUGIN}/README.md"}


def test_no_other_repository_is_named() -> None:
    hand_made = ["Dockerfile", "SECURITY.md", "packaging/README.md", "packaging/PRIVACY.md", f"{PLUGIN}/README.md"]
    named = {url for path in hand_made for url in re.findall(r"https://github\.com/[\w.-]+/[\w-]+", read(path))}
    assert named == {REPOSITORY}
    markets = {one for path in hand_made for one in re.findall(r"--marketplace (\S+)", read(path))}
    assert [f"https://github.com/{one}" for one in markets] == [REPOSITORY]


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def test_the_description_fits_wherever_it_goes() -> None:
    assert len(DESCRIPTION) <= 100
    assert dict(re.findall(r'([\w.]+)="([^"]*)"', instructions("LABEL")[0])) == {
        "org.opencontainers.image.title": NAME,
        "org.opencontainers.image.description": DESCRIPTION,
        "org.opencontainers.image.source": REPOSITORY,
        "org.opencontainers.image.licenses": PROJECT["license"],
        "io.modelcontextprotocol.server.name": load("server.json")["name"],
    }


def test_an_agent_plugin_has_the_fields_that_its_specification_closes() -> None:
    """A field that it does not know would make clients refuse the server, and no secret has a place there."""
    manifest, servers = load(f"{PLUGIN}/plugin.json"), load(f"{PLUGIN}/mcp.json")
    allowed = {"$schema", "name", "version", "description", "author", "homepage", "repository", "license", "keywords"}
    assert set(manifest) <= allowed | {"extensions"}
    assert set(manifest["author"]) <= {"name", "email", "url"}
    assert re.fullmatch(r"(?!.*(?:--|\.\.))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", manifest["name"])
    assert set(servers) == {"$schema", "mcpServers"}
    assert [set(one) for one in servers["mcpServers"].values()] == [{"type", "command", "args"}]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("packaging/mcpb/manifest.json", "user_config"),
        (f"{PLUGIN}/.claude-plugin/plugin.json", "userConfig"),
    ],
)
def test_what_a_person_is_asked_for_reaches_the_server_and_a_secret_is_kept_as_one(path: str, asked: str) -> None:
    manifest = load(path)
    servers = manifest.get("server", {}).get("mcp_config") or load(f"{PLUGIN}/.mcp.json")["mcpServers"]["kie"]
    taken = {variable: re.fullmatch(r"\$\{user_config\.(\w+)\}", value) for variable, value in servers["env"].items()}
    assert set(taken) <= VARIABLES
    assert {match[1]: variable in SECRETS for variable, match in taken.items() if match} == {
        name: one.get("sensitive", False) for name, one in manifest[asked].items()
    }
    assert all(one["required"] or one["default"] for one in manifest[asked].values())


def test_gemini_asks_for_the_key_and_hands_it_over_by_name() -> None:
    """It keeps keys in the environment from the servers, unless their entry names them."""
    extension = load("gemini-extension.json")
    assert [(one["envVar"], one["sensitive"]) for one in extension["settings"]] == [("KIE_API_KEY", True)]
    assert extension["mcpServers"]["kie"]["env"] == {"KIE_API_KEY": "${KIE_API_KEY}"}


def test_the_image_runs_as_nobody_special_and_writes_to_its_volumes_only() -> None:
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+( AS \w+)?", one) for one in instructions("FROM"))
    assert int(instructions("USER")[-1]) > 0
    assert json.loads(instructions("ENTRYPOINT")[0]) == [NAME]
    volumes = set(json.loads(instructions("VOLUME")[0]))
    env = dict(re.findall(r"(KIE_\w+)=(\S+)", instructions("ENV")[0]))
    assert set(env) <= VARIABLES
    assert {env["KIE_STATE_DIR"], env["KIE_OUTPUT_DIR"]} == volumes
    assert all(volume in instructions("HEALTHCHECK")[0] for volume in volumes)
    assert "PYTHONDONTWRITEBYTECODE=1" in instructions("ENV")[0]


def test_the_image_is_built_from_what_docker_may_see_and_from_the_lock() -> None:
    seen = [line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")]
    copied = [path for one in instructions("COPY") if "--from" not in one for path in one.split()[:-1]]
    assert sorted(copied) == sorted(seen)
    assert all((ROOT / path).exists() for path in copied)
    [install] = [one for one in instructions("RUN") if "uv pip install" in one]
    assert install.count("constraint requirements.lock") == 2
    extras = re.search(r"'\.\[([\w,]+)\]'", install)
    assert extras
    assert set(extras[1].split(",")) == set(PROJECT["optional-dependencies"])


def test_the_logo_is_square_small_and_needs_nothing_from_elsewhere() -> None:
    picture = (ROOT / "packaging/logo.png").read_bytes()
    assert struct.unpack(">8xI4sIIB4x", picture[:29])[2:4] == (512, 512)
    assert len(picture) <= 2**20
    drawing = ET.parse(ROOT / "packaging/logo.svg")  # noqa: S314 - our own
    assert not [name for one in drawing.iter() for name in one.attrib if fnmatch(name, "*href")]
    assert drawing.getroot().get("viewBox") == "0 0 512 512"


def test_the_listing_tells_the_hints_that_the_server_publishes() -> None:
    published = {
        f"`{tool.name}`": ["yes" if getattr(tool.annotations, hint) else "no" for hint in HINTS]
        for tool in anyio.run(list_tools)
    }
    assert {name: hints[:4] for name, *hints in rows("## Hints of the tools")} == published
    assert all(why for *_, why in rows("## Hints of the tools"))


def test_the_listing_has_as_many_examples_as_stores_ask_for() -> None:
    tools = {tool.name for tool in anyio.run(list_tools)}
    positive, negative = rows("### Positive"), rows("### Negative")
    assert (len(positive) >= 5, len(negative) >= 3) == (True, True)
    assert {name for _, called, _ in positive for name in re.findall(r"`(\w+)`", called)} <= tools
    assert len(re.findall(r"^\d\. ", LISTING, re.MULTILINE)) >= 3
    lengths = {name: int(most) for name, most in re.findall(r"\| (\w[\w ]*), up to (\d+) characters", LISTING)}
    told = {name.partition(",")[0]: text for name, text in rows("# Texts for listings")}
    assert lengths
    assert all(len(told[name]) <= most for name, most in lengths.items())


@pytest.mark.parametrize("path", sorted((ROOT / "packaging").rglob("*.md")), ids=lambda one: one.name)
def test_every_file_that_a_page_links_to_is_there(path: Path) -> None:
    linked = [one for one in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")) if not one.startswith(HTTPS)]
    assert [one for one in linked if not (path.parent / one).is_file()] == []
