"""Fixtures that more than one test file needs, and how chance is used."""

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


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio, so the tests do."""
    return "asyncio"
