"""The file from which clients are greeted says what the real server says, in every version of the protocol."""

import json
from pathlib import Path

from mcp_types.version import KNOWN_PROTOCOL_VERSIONS

from kie_mcp.greeting.answers import FILE, load_table
from kie_mcp.jobs.job import FINAL, Phase
from kie_mcp.jobs.store.glance import UNFINISHED
from tests.support.greeting_file import dump, make_table


def test_the_file_is_made_from_the_server_that_there_is(tmp_path: Path) -> None:
    """If this fails: make greeting, and read what has changed."""
    made = make_table(tmp_path)
    assert load_table() == made
    assert Path(FILE).read_text("utf-8") == dump(made)
    assert list(made["versions"]) == list(KNOWN_PROTOCOL_VERSIONS)


def test_the_file_is_small() -> None:
    assert len(json.dumps(load_table())) < 60_000


def test_what_the_start_calls_unfinished_is_what_the_jobs_do() -> None:
    assert set(UNFINISHED) == {phase for phase in Phase if phase not in FINAL}
