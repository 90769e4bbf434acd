"""A store is named by a URL: the file comes back, whatever its name is made of, and another kind is refused."""

import os
from pathlib import Path

import pytest

from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.jobs.store.store_url import open_store, sqlite_url


@pytest.mark.parametrize("name", ["jobs.sqlite3", "a b#c?d%20e.db", "é漢.db", os.fsdecode(b"not \xff utf-8")])
def test_the_file_that_a_url_was_made_of_is_the_one_that_it_names(tmp_path: Path, name: str) -> None:
    store = open_store(sqlite_url(tmp_path / name))
    assert isinstance(store, SqliteLedger)
    assert store.path == tmp_path / name


def test_a_kind_of_store_that_there_is_not_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(LedgerError, match="kind 'postgresql'; sqlite is allowed"):
        open_store("postgresql://here/jobs")
