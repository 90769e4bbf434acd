"""What hangs on the kind of an order stands in one place: elsewhere nobody asks which kind it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kie_mcp.orders import order as orders
from kie_mcp.orders.kind import KINDS, Kind
from kie_mcp.orders.order import Order

PACKAGE = Path(__file__).parents[2] / "kie_mcp"
ROWS = PACKAGE / "catalog" / "models.py"
OUTSIDE = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path != ROWS and not path.is_relative_to(PACKAGE / "orders") and not path.is_relative_to(PACKAGE / "sandbox")
]
CLASSES = {name for name, one in vars(orders).items() if isinstance(one, type) and issubclass(one, Order)}


def is_kind(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Kind"


def is_class(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Name) and one.id in CLASSES for one in ast.walk(node))


def forks(tree: ast.AST) -> Iterator[int]:
    """The lines that depend on which kind of order it is."""
    for node in ast.walk(tree):
        match node:
            case ast.MatchClass(cls=ast.Name(id=name)) if name in CLASSES:
                yield node.lineno
            case ast.MatchValue(value=value) if is_kind(value):
                yield node.lineno
            case ast.Compare(left=left, comparators=others) if any(map(is_kind, (left, *others))):
                yield node.lineno
            case ast.Dict(keys=keys) if sum(map(is_kind, keys)) > 1:
                yield node.lineno
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, one]) if is_class(one):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="register"), args=[one]) if is_class(one):
                yield node.lineno
            case _:
                pass


def test_nobody_outside_asks_which_kind_of_order_it_is() -> None:
    assert len(OUTSIDE) > 50
    found = {path.relative_to(PACKAGE): list(forks(ast.parse(path.read_text("utf-8")))) for path in OUTSIDE}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "code",
    [
        "match order:\n    case ImageOrder():\n        pass",
        "match kind:\n    case Kind.IMAGE:\n        pass",
        "if kind is Kind.SPEECH:\n    pass",
        "if isinstance(order, ImageOrder | SpeechOrder):\n    pass",
        "NAMES = {Kind.IMAGE: 1, Kind.SPEECH: 2}",
        "@title.register(SpeechOrder)\ndef _(order): ...",
    ],
)
def test_every_form_of_that_question_is_seen(code: str) -> None:
    assert list(forks(ast.parse(code)))


def test_every_kind_has_its_row() -> None:
    assert set(KINDS) == set(Kind)
