"""What a package registry, an installer and an MCP registry are told is true and agrees."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kie_mcp import __version__
from kie_mcp.settings import SECRETS, Settings

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SERVER: dict[str, Any] = json.loads((ROOT / "server.json").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def requirements() -> list[str]:
    project = PROJECT["project"]
    return [
        *PROJECT["build-system"]["requires"],
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
        *(line for group in PROJECT["dependency-groups"].values() for line in group),
    ]


def test_server_json_is_what_the_registry_accepts() -> None:
    schema = json.loads((ROOT / "tests/data/server.schema.json").read_text("utf-8"))
    assert SERVER["$schema"] == schema["$id"]
    jsonschema.validate(SERVER, schema)


def test_the_changelog_tells_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    released = re.findall(r"^## \[(\d[^]]*)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    assert released[0] == __version__


def test_server_json_describes_every_setting_and_no_other() -> None:
    variables = SERVER["packages"][0]["environmentVariables"]
    assert {entry["name"] for entry in variables} == {f"KIE_{field.upper()}" for field in Settings.model_fields}
    assert [entry["name"] for entry in variables if entry.get("isSecret")] == list(SECRETS)


def test_server_json_gives_the_defaults_that_the_settings_have() -> None:
    defaults = {f"KIE_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    for entry in SERVER["packages"][0]["environmentVariables"]:
        if "default" in entry:
            default = defaults[entry["name"]]
            assert entry["default"] == (str(default).lower() if isinstance(default, bool) else default)


def test_the_readme_proves_who_owns_the_package() -> None:
    assert f"<!-- mcp-name: {SERVER['name']} -->" in (ROOT / "README.md").read_text("utf-8")
    assert SERVER["packages"][0]["identifier"] == PROJECT["project"]["name"]


@pytest.mark.parametrize("requirement", requirements())
def test_every_dependency_has_a_top(requirement: str) -> None:
    assert re.fullmatch(r"[\w-]+(\[[\w,]+\])?>=[\d.]+,<[\d.]+", requirement)


@pytest.mark.parametrize("requirement", requirements())
def test_the_lock_names_every_dependency(requirement: str) -> None:
    name = re.split(r"[\[>]", requirement)[0].lower()
    assert re.search(rf"^{re.escape(name)}==", LOCK, re.MULTILINE), "run make lock"


@pytest.mark.parametrize("requirement", requirements())
def test_the_top_of_a_dependency_is_the_end_of_the_series_that_the_lock_has_tried(requirement: str) -> None:
    name, top = re.split(r"[\[>]", requirement)[0], requirement.rpartition("<")[2]
    tried = re.findall(rf"^{re.escape(name)}==([\d.]+)", LOCK, re.MULTILINE | re.IGNORECASE)
    newest = max([int(part) for part in one.split(".")] for one in tried)
    series = newest[:1] if newest[0] else newest[:2]  # below 1.0 each minor version may change everything
    series[-1] += 1
    assert top == ".".join(map(str, series))


def test_the_lock_holds_names_versions_and_hashes_only() -> None:
    """It must install from any index, and say nothing of the machine that made it."""
    assert not re.search(r"://|^-|@ |#", LOCK, re.MULTILINE)
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert all(re.match(r"[a-z0-9-]+==\S+( ; [^\\]+)? \\\n    --hash=sha256:[0-9a-f]{64}", entry) for entry in entries)


def test_the_package_ships_its_types_and_its_licence() -> None:
    assert (ROOT / "kie_mcp/py.typed").is_file()
    assert all((ROOT / name).is_file() for name in PROJECT["project"]["license-files"])
