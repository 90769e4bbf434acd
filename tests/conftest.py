"""Fixtures that more than one test file needs, which tests are slow, and how chance is used."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

# The same examples in every run, however slow the machine is.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, max_examples=200)
settings.load_profile("repeatable")
# Hypothesis keeps tables of its own in the working folder; where nothing can be kept it does without.
set_hypothesis_home_dir(Path(os.devnull) / "hypothesis")

HERE = Path(__file__).parent
SLOW = {"clients", "processes", "viewer"}
"""Folders of tests that start real processes or a browser."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what does not belong to the tests of all day."""
    for item in items:
        if item.path.relative_to(HERE).parts[0] in SLOW:
            item.add_marker("slow")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a file after its argument: encoders write numbers of chance, and all processes must have the same names."""
    return argname if isinstance(val, bytes) and len(val) > 32 else None


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio, so the tests do."""
    return "asyncio"
