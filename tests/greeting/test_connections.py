"""Whatever a client sends, whole or in pieces: through the start it gets the answers that the real server gives."""

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kie_mcp.greeting.answers import load_table
from kie_mcp.jobs.job import Job, Output, Phase
from kie_mcp.jobs.store import job_queries, schema
from kie_mcp.orders.kind import Kind
from kie_mcp.settings import Settings
from kie_mcp.surface.call import SHORTEST_WAIT
from tests.greeting.connections import NEW, Connection, after_opening, ask, call, join, list_connections, modern
from tests.support.raw_connection import (
    Serve,
    ask_server,
    ask_start,
    own_settings,
    serve_as_process,
    serve_with_one_server,
)

JSON = dict[str, Any]
PIECE = 97
LONG = 20.0
ELAPSED = re.compile(r'"elapsed_s": [\d.]+')
ALL = list(list_connections())


def write_jobs(settings: Settings, number: int) -> None:
    """Write so many finished jobs into the ledger, of every kind and with what is odd about some."""
    db = schema.connect(settings.ledger_path)
    kinds = [*Kind]
    with db:
        for n in range(number):
            kind = kinds[n % len(kinds)]
            words = ["a cat", "", "words with a link https://a.example/x.png?token=secret", "ü\u200bß" * 50][n % 4]
            outputs = (
                Output(
                    url="https://x.example/1",
                    path=str(settings.output_dir / f"{n}.png"),
                    mime_type="image/png",
                    bytes=n,
                ),
                Output(url="https://x.example/2"),
            )
            job = Job(
                id=f"job_{n:04}",
                account=settings.account,
                kind=kind,
                model=["google/nano-banana", "", "x y"][n % 3],
                order={"prompt": words} if n % 2 else {},
                fingerprint=str(n),
                created_at=1e9 + n // 2,
                updated_at=1e9 + n,
                finished_at=1e9 + n if n % 3 else None,
                phase=Phase.SUCCEEDED,
                outputs=outputs[: n % 3],
                title="a title" if n % 5 == 0 else "",
                task_id=f"task-{n}",
            )
            job_queries.insert(db, job, "gone")
    db.execute("UPDATE jobs SET caller = 'answered'")
    db.close()


def sort(answers: Sequence[JSON]) -> list[str]:
    """Return answers so that they can be compared: without their order, which is the server's own, and the time."""
    return sorted(ELAPSED.sub("", json.dumps(answer, sort_keys=True)) for answer in answers)


def check(connection: Connection, settings: Settings, serve: Serve, pieces: Sequence[Sequence[bytes]]) -> None:
    """Compare what both say, to each way of cutting the same bytes."""
    expected = ask_server(serve, [connection.sent])
    for sent in pieces:
        answers, code, needed = ask_start(settings, load_table(), sent, len(expected), serve)
        assert sort(answers) == sort(expected)
        assert (code, needed) == (0, not connection.plain)


@pytest.fixture(scope="module")
def few_jobs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Serve]:
    """An account with a few jobs, and the real server for all its connections, which change nothing."""
    settings = own_settings(tmp_path_factory.mktemp("account"))
    write_jobs(settings, 6)
    return settings, serve_with_one_server(settings)


@pytest.mark.slow
@pytest.mark.parametrize("connection", ALL, ids=lambda one: one.name)
def test_the_start_answers_as_the_real_server(connection: Connection, few_jobs: tuple[Settings, Serve]) -> None:
    sent = connection.sent
    check(connection, *few_jobs, [[sent], [sent[at : at + PIECE] for at in range(0, len(sent), PIECE)]])


@pytest.mark.parametrize("number", [0, 60])
def test_the_first_page_of_resources_is_the_real_server_s(number: int, tmp_path: Path) -> None:
    """In both eras, for an account without jobs and for one whose files fill more than a page."""
    settings = own_settings(tmp_path)
    if number:
        write_jobs(settings, number)
    serve = serve_with_one_server(settings)
    for name, sent in {"old": after_opening(ask("resources/list")), NEW: join(modern("resources/list"))}.items():
        check(Connection(name, sent, plain=True), settings, serve, [[sent]])


@pytest.mark.parametrize(
    "name", ["a call between lists", "Content-Length", "a byte order mark", "discovery, then hello"]
)
def test_what_is_not_plain_reaches_the_real_server_untouched(name: str, few_jobs: tuple[Settings, Serve]) -> None:
    """Also where a thread reads from the beginning, as on Windows."""
    [connection] = (one for one in ALL if one.name == name)
    settings, serve = few_jobs
    expected = ask_server(serve, [connection.sent])
    sent = [connection.sent]
    answers, code, needed = ask_start(settings, load_table(), sent, len(expected), serve, is_threaded=True)
    assert sort(answers) == sort(expected)
    assert (code, needed) == (0, True)


def test_there_are_enough_connections() -> None:
    assert len(ALL) >= 80
    assert len({connection.name for connection in ALL}) == len(ALL)


def test_a_call_that_arrived_long_before_it_is_read_is_answered_soon(tmp_path: Path) -> None:
    """Its caller's patience began then, while the server was being loaded; one look at its job is still waited for.

    Nobody is at that address.
    """
    nowhere = {"api_base_url": "http://127.0.0.1:9", "upload_base_url": "http://127.0.0.1:9"}
    settings = own_settings(tmp_path, api_key="tests", **nowhere)
    sent = after_opening(call("generate_image", prompt="a cat", wait_seconds=LONG))
    began = time.monotonic()
    answers = ask_server(serve_as_process(settings), [sent], 2, ago=LONG)
    assert SHORTEST_WAIT < time.monotonic() - began < LONG / 2
    assert answers[1]["result"]["structuredContent"]["state"] == "queued"
