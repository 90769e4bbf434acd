"""Whatever a host sends instead of a file or an answer: it ends soon, in little memory, by name, and leaves nothing."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from tests.support.bombs import ANSWERS, FILES, bombs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much memory a process has used")

MOST_SECONDS = 8.0
"""What a bomb may take on a busy machine; the limits that end it are parts of a second here."""
MOST_MEMORY = 32 * 1024 * 1024
"""Bytes of growth: half of what is allowed of a picture, so none can have been in memory as a whole."""
MOST_OF_ANSWERS = 2 * MOST_MEMORY
"""The same of answers, of which 4 MB are read: as bytes, unfolded and as text they are there several times."""
TOO_LARGE = "the file is larger than the 67108864 bytes that are allowed"
NO_ANSWER = "The file's host did not answer within 0.6 s"
NOTHING_MORE = "Nothing more of the file came within 0.6 s"
BROKE = "The connection broke while the file came"
NO_HEAD = "The file's host gave no answer (the connection broke)"
ELSEWHERE = "The file's link leads to where nothing is fetched from: only https to a public host is"
TOLD = {
    "huge": TOO_LARGE,
    "endless": TOO_LARGE,
    "endless-without-length": TOO_LARGE,
    "endless-head": NO_HEAD,
    "endless-hints": NO_ANSWER,
    "drip": "the file came with less than 1024 bytes a second",
    "drip-in-head": NO_ANSWER,
    "drip-between": NOTHING_MORE,
    "gzip": "the file came encoded ('gzip'), which is refused",
    "too-short": BROKE,
    "too-long": "the link gave a PNG picture that is damaged or cut off",
    "no-length": NO_HEAD,
    "page": "the link gave an HTML page instead of a PNG, JPEG or WebP picture",
    "to-metadata": ELSEWHERE,
    "to-private": ELSEWHERE,
    "to-file": ELSEWHERE,
    "to-itself": "The file's host redirected more than 3 times",
    "reset": BROKE,
    "silent": NOTHING_MORE,
}
UNREADABLE, LOST, BROKEN = "HTTP 200, no readable JSON", "no answer within 0.6 s", "the connection broke"
CAUSES = {
    "endless": UNREADABLE,
    "endless-text": UNREADABLE,
    "endless-head": BROKEN,
    "endless-hints": LOST,
    "drip": LOST,
    "gzip": UNREADABLE,
    "nested": UNREADABLE,
    "silent": LOST,
}
RAISED = {
    "create": "UnconfirmedError",
    "look": "LookError",
    "credit": "UnavailableError",
    "download_link": "OutputError",
    "upload": "OutputError",
}


@dataclass(frozen=True)
class Ruins:
    """What came of all bombs."""

    found: dict[str, dict[str, Any]]
    requests: list[bytes]


@pytest.fixture(scope="module")
def ruins(tmp_path_factory: pytest.TempPathFactory) -> Ruins:
    """One process takes them all, one after the other."""
    folder = tmp_path_factory.mktemp("out")
    # One arena: each thread's own would take 64 MB of address space that nobody uses.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(bombs()) as host:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-W", "error", "-m", "tests.processes.bombed", host.url, str(folder)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    lines = map(json.loads, done.stdout.splitlines())
    return Ruins({line.pop("name"): line for line in lines}, host.requests)


def test_a_sound_picture_is_saved(ruins: Ruins) -> None:
    """So nothing else is refused because everything is."""
    assert ruins.found["picture"]["told"] == ""
    assert len(ruins.found["picture"]["left"]) == 1


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_file_ends_soon_with_a_name_and_leaves_nothing(ruins: Ruins, name: str) -> None:
    came = ruins.found[name]
    assert came["told"] == f"File 1 of 1 was not saved: {TOLD[name]}."
    assert came["category"] == "not_saved"
    assert came["left"] == came["saved"] == []
    assert came["seconds"] < MOST_SECONDS
    assert came["grown"] < MOST_MEMORY


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_no_answer_ends_soon_with_a_name(ruins: Ruins, name: str) -> None:
    came = ruins.found[f"calls/{name}"]
    assert {call: error for call, (error, _) in came["raised"].items()} == RAISED
    assert all(f"({CAUSES[name]})." in words for _, words in came["raised"].values())
    assert came["seconds"] < MOST_SECONDS
    assert came["grown"] < MOST_OF_ANSWERS


@pytest.mark.parametrize("name", ANSWERS)
def test_a_create_call_whose_answer_is_a_bomb_is_sent_once_and_unconfirmed(ruins: Ruins, name: str) -> None:
    sent = [request for request in ruins.requests if request.startswith(f"POST /calls/{name}/api/v1/jobs/".encode())]
    assert len(sent) == 1
    error, words = ruins.found[f"calls/{name}"]["raised"]["create"]
    assert error == "UnconfirmedError"
    assert "The job may exist and may have been charged." in words


def test_no_bomb_saw_the_key_of_the_account(ruins: Ruins) -> None:
    files = [request for request in ruins.requests if not request.split(b" ")[1].startswith(b"/calls/")]
    assert len(files) >= len(FILES)
    assert not any(b"canary" in request for request in files)
