"""What the conformance suite finds in the real server, for both revisions of the protocol; `make conformance` runs it.

`scenarios.toml` says what is judged, and why the rest is not.
"""

import json
import re
import tomllib
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conformance.suite import Check, installed, known, run
from tests.support.http_process import serving

LIST = tomllib.loads((Path(__file__).parent / "scenarios.toml").read_text("utf-8"))
JUDGED: dict[str, dict[str, list[str]]] = LIST["judged"]
UNJUDGED: dict[str, str] = LIST["unjudged"]
UNJUDGED_CHECKS: dict[str, str] = LIST["unjudged_checks"]
SCHEMA = "wire-schema-valid"
COUNTS = {"toolCount", "resourceCount", "promptCount", "messagesValidated", "functionalSseStreams"}
"""How many of something a check has looked at: none proves nothing."""
ABSENT = re.compile(r"Unknown (?:tool|prompt)")
Results = dict[str, list[Check]]
every_revision = pytest.mark.parametrize("revision", JUDGED)


@pytest.fixture(scope="module")
def program() -> Path:
    """The suite."""
    return installed()


@pytest.fixture(scope="module")
def outcomes(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, Future[Results]]]:
    """What the suite finds, by revision; the revisions are run side by side."""
    folder = tmp_path_factory.mktemp("conformance")
    with serving(folder, "--sandbox", "serve", "--port", "0") as server, ThreadPoolExecutor() as pool:
        url = server.url()
        yield {one: pool.submit(run, program, url, one, folder / one) for one in JUDGED}


def faults(check: Check) -> Generator[str]:
    """What speaks against a judged check."""
    if check.status != "SUCCESS":
        yield f"{check.name}: {check.status} {check.told}"
    elif any(check.details.get(count) == 0 for count in COUNTS):
        yield f"{check.name}: succeeded on nothing: {check.details}"
    elif ABSENT.search(json.dumps(check.details)):
        yield f"{check.name}: succeeded on what is not there: {check.details}"


def verdict(judged: list[str], checks: list[Check]) -> list[str]:
    """What speaks against a judged scenario."""
    made = {check.name for check in checks}
    found = [fault for check in checks if check.name in judged for fault in faults(check)]
    found += [f"{name}: was not made" for name in judged if name not in made]
    others = {check.name for check in checks if check.status != "INFO"} - set(judged) - {SCHEMA}
    return found + [f"{name}: is new" for name in sorted(others - UNJUDGED_CHECKS.keys())]


@every_revision
def test_every_judged_scenario_passes(outcomes: dict[str, Future[Results]], revision: str) -> None:
    ran = outcomes[revision].result()
    found = {name: verdict(judged, ran.get(name, [])) for name, judged in JUDGED[revision].items()}
    assert {name: faults for name, faults in found.items() if faults} == {}


@every_revision
def test_every_message_is_valid_also_where_nothing_else_is_judged(
    outcomes: dict[str, Future[Results]], revision: str
) -> None:
    checks = [check for one in outcomes[revision].result().values() for check in one if check.name == SCHEMA]
    assert len(checks) >= len(JUDGED[revision])
    assert [fault for check in checks for fault in faults(check)] == []


@every_revision
def test_no_scenario_of_a_revision_is_without_a_word(outcomes: dict[str, Future[Results]], revision: str) -> None:
    ran = outcomes[revision].result().keys()
    assert ran - JUDGED[revision].keys() - UNJUDGED.keys() == set(), "new"
    assert JUDGED[revision].keys() - ran == set(), "gone"


def test_the_list_names_every_scenario_of_the_suite_once_and_no_other(program: Path) -> None:
    judged = {name for scenarios in JUDGED.values() for name in scenarios}
    assert judged | UNJUDGED.keys() == known(program)
    assert judged & UNJUDGED.keys() == set()
