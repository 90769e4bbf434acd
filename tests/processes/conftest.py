"""A house for each test."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.shared_ledger import House, opened


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    """One in the world's own time."""
    with opened(tmp_path) as house:
        yield house
