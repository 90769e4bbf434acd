"""The picture of the imports in CONTRIBUTING.md is the one that the code draws, and it says all that it leaves out."""

from tests.support.import_picture import PAGE, draw, read_imports, without_detours


def test_contributors_see_who_imports_whom_as_it_is() -> None:
    """If not: make import-picture."""
    assert draw() in PAGE.read_text("utf-8")


def test_an_arrow_is_left_out_only_if_others_lead_there_too() -> None:
    assert without_detours({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"a": {"b"}, "b": {"c"}, "c": set()}


def test_every_room_is_in_it() -> None:
    assert {"cli", "app", "surface", "jobs", "kie", "sandbox", "errors"} <= read_imports().keys()
