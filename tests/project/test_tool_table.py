"""README's table of tools says what the server publishes."""

import pytest

from tests.support.tool_table import README, list_tools, replace_table

pytestmark = pytest.mark.anyio


async def test_the_table_in_the_readme_is_what_the_server_publishes() -> None:
    readme = README.read_text("utf-8")
    expected = replace_table(readme, await list_tools())
    assert readme == expected, "README's table of tools differs from the tools: call `make readme`."
