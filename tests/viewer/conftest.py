"""One browser for the tests of a file."""

from collections.abc import AsyncGenerator

import pytest

from tests.viewer import chromium


@pytest.fixture(scope="module")
def anyio_backend() -> object:
    """As wide as the browser's own fixture, which runs on it."""
    return "asyncio"


@pytest.fixture(scope="module")
async def browser(anyio_backend: object, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[chromium.Browser]:
    """A headless Chromium."""
    async with chromium.browser(tmp_path_factory.mktemp("chromium")) as started:
        yield started
