"""README's table of models says what their rows say."""

from dataclasses import replace

from kie_mcp.catalog.model import CREDIT_USD
from kie_mcp.catalog.models import MODELS
from tests.support.model_table import README, table, written


def test_the_table_in_the_readme_is_what_the_rows_say() -> None:
    readme = README.read_text("utf-8")
    assert readme == written(readme), "README's table of models differs from their rows: call `make readme`."


def test_the_price_of_a_credit_is_told_in_the_readme() -> None:
    assert f"A credit is ${CREDIT_USD:g}." in README.read_text("utf-8")


def test_another_row_is_another_line_and_writing_twice_changes_nothing() -> None:
    another = replace(MODELS[0], id="another/model")
    readme = README.read_text("utf-8")
    once = written(readme, [*MODELS, another])
    assert once == written(once, [*MODELS, another])
    assert [line for line in once.splitlines() if line not in readme.splitlines()] == [
        table([MODELS[0], another]).splitlines()[-1]
    ]
