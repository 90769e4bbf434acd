"""An error is facts from which one sentence is made; nowhere is that sentence taken apart again."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kie_mcp.errors import BusyError, DeadLinkError, KieError, LookError, MissingKeyError, OrderError, UnforeseenError

PACKAGE = Path(__file__).parents[2] / "kie_mcp"
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if "sandbox" not in path.relative_to(PACKAGE).parts]

TEXTS = {"message", "problem", "remedy"}
"""The attributes in which an error's or a trouble's text is."""
TAKES_APART = {
    *("replace", "partition", "rpartition", "split", "rsplit", "splitlines", "removeprefix", "removesuffix"),
    *("strip", "lstrip", "rstrip", "startswith", "endswith", "find", "index", "lower", "casefold", "translate"),
}
ALLOWED = {
    "cli/findings.py: self.remedy.replace",  # its lines are moved to the right for a terminal
    "cli/findings.py: finding.remedy.splitlines",  # the same
    "kie/http_call.py: str(error).split",  # what a proxy answered is told by httpx in the text alone
}


def test_the_sentence_names_the_argument_once_and_first() -> None:
    error = OrderError("is empty.", argument="prompt", remedy="Say what is wanted.")
    assert (error.argument, error.problem, error.remedy) == ("prompt", "is empty.", "Say what is wanted.")
    assert error.message == str(error) == error.trouble.message == "prompt: is empty."
    assert str(OrderError("is empty.")) == "is empty."


def test_another_name_of_the_argument_leaves_every_other_fact() -> None:
    error = OrderError("prompt: is a word in it.", argument="prompt", remedy="Wait.", upstream_message="no")
    other = error.with_facts(argument="image_prompt")
    assert str(other) == "image_prompt: prompt: is a word in it."
    assert (other.remedy, other.upstream_message, str(error)) == ("Wait.", "no", "prompt: prompt: is a word in it.")


@pytest.mark.parametrize(
    "error",
    [
        BusyError("busy", retry_after=3),
        DeadLinkError("dead", status=404),
        MissingKeyError(),
        UnforeseenError(ValueError("x")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_with_another_remedy_is_the_same_otherwise(error: KieError) -> None:
    other = error.with_facts(remedy="Wait.")
    assert type(other) is type(error)
    assert vars(other) == {**vars(error), "remedy": "Wait.", "has_own_remedy": True}


def test_a_remedy_of_its_own_is_known_as_such() -> None:
    assert not LookError("no").has_own_remedy
    assert LookError("no", remedy=LookError.remedy).has_own_remedy


def test_no_code_takes_the_text_of_an_error_apart() -> None:
    found = {one for path in MODULES for one in taken_apart(path)}
    assert found == ALLOWED


def taken_apart(path: Path) -> Iterator[str]:
    """Places where a text of an error is cut, searched or changed, or `str(error)` is."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=text, attr=method)) if method in TAKES_APART and is_text(text):
                yield f"{path.relative_to(PACKAGE).as_posix()}: {ast.unparse(node.func)}"
            case ast.Subscript(value=text) if is_text(text):
                yield f"{path.relative_to(PACKAGE).as_posix()}: {ast.unparse(node)}"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=[*_, text]) if is_text(text):
                yield f"{path.relative_to(PACKAGE).as_posix()}: {ast.unparse(node)}"
            case _:
                pass


def is_text(node: ast.expr) -> bool:
    """Whether it is such an attribute, or the text of what an `except` has caught."""
    match node:
        case ast.Attribute(attr=attr):
            return attr in TEXTS
        case ast.Call(func=ast.Name(id="str"), args=[ast.Name(id=name)]):
            return name in {"error", "cause", "trouble", "caught", "missing"}
        case _:
            return False


def test_no_sentence_is_begun_with_its_argument_by_hand() -> None:
    """The argument is a fact of its own; `KieError.message` alone puts it before the problem."""
    begun = {
        f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.JoinedStr) and begins_with_argument(node)
    }
    # A note on a file that was taken: no error.
    assert {place.partition(":")[0] for place in begun} == {"errors.py", "media/inputs/conversion.py"}


def begins_with_argument(text: ast.JoinedStr) -> bool:
    match text.values[:2]:
        case [
            ast.FormattedValue(value=ast.Name(id="argument") | ast.Attribute(attr="argument")),
            ast.Constant(value=v),
        ]:
            return str(v).startswith(":")
        case _:
            return False
