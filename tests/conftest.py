"""Fixtures that more than one test file needs, which tests are slow or run once, and how chance is used."""

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

# The same examples in every run, however slow the machine is.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, max_examples=200)
settings.load_profile("repeatable")
HERE = Path(__file__).parent
# What it reads in our sources is kept for all processes; by itself it would keep it in the working folder.
set_hypothesis_home_dir(HERE.parent / "build" / "hypothesis")

LONGEST_NAME = 32
"""The most characters of a value that a test is named after."""
SLOW = {"clients", "processes", "viewer"}
"""Folders of tests that start real processes or a browser."""
ONCE = {
    "simulation",  # our own rules in virtual time, on a ledger that tests/jobs holds to every version
    "jobs/store/test_budget_interleavings.py",  # the same
    "jobs/store/test_joining.py",  # the same
    "sandbox/test_studio.py",  # what it asks of Pillow and PyAV is tried in tests/media, and the wheel's demo draws it
    "project/test_added_model.py",  # these read texts of this repository, and no library runs in them
    "project/test_errors_are_facts.py",
    "project/test_foreign_text_homes.py",
    "project/test_invisible_characters.py",
    "project/test_kinds.py",
    "project/test_model_table.py",
    "project/test_store_files.py",
    "project/test_words.py",
}
"""Folders and files whose outcome depends on no version of Python or of a library: they run in `make test` alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what does not belong to the tests of all day, and what needs no other version than one."""
    for item in items:
        path = item.path.relative_to(HERE)
        if path.parts[0] in SLOW:
            item.add_marker("slow")
        if path.parts[0] in ONCE or path.as_posix() in ONCE:
            item.add_marker("once")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a long value after its argument.

    Encoders write numbers of chance, and all processes must have the same names; and a name of megabytes is sent from
    process to process.
    """
    return argname if isinstance(val, bytes | str) and len(val) > LONGEST_NAME else None


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio, so the tests do."""
    return "asyncio"
