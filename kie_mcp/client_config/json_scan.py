"""Read JSON with comments and trailing commas, and remember where each value stands in the text."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, cast

_TRIVIA = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_WORD = re.compile(r"[-+.\w]+")
_DEEPEST = 200


class BrokenTextError(ValueError):
    """The text is not what it should be; the message says what was expected, and where."""


@dataclass(slots=True)
class Node:
    """A value, from `start` up to `end` of the text."""

    start: int
    end: int
    value: Any
    """As Python has it; of two members with one name the last one counts, as everywhere."""
    items: "list[Item]" = field(default_factory=list["Item"])
    """What an object or an array holds."""

    def find(self, name: str) -> "Node | None":
        """Return the member with a name."""
        return next((item.node for item in reversed(self.items) if item.name == name), None)


@dataclass(slots=True)
class Item:
    """A member of an object, or a value in an array."""

    start: int
    """Where its name begins; in an array, where it begins itself."""
    node: Node
    name: str | None = None
    comma: int | None = None
    """Where the comma behind it ends; None if there is none."""


def as_object(value: object) -> dict[str, Any] | None:
    """Return a value of JSON if it is an object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[Any]:
    """Return a value of JSON if it is an array; else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def scan(text: str) -> Node | None:
    """Return the value that the text holds; None if it holds nothing but blanks and comments.

    Raises BrokenTextError.
    """
    scanner = _Scanner(text)
    scanner.skip()
    if scanner.at == len(text):
        return None
    root = scanner.read_value(0)
    scanner.skip()
    if scanner.at != len(text):
        raise scanner.describe("the end of the file")
    return root


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0

    def skip(self) -> str:
        """Go to the next character that is no blank and in no comment, and return it; empty at the end."""
        found = _TRIVIA.match(self._text, self.at)
        self.at = found.end() if found else self.at
        return self._text[self.at : self.at + 1]

    def describe(self, expected: str) -> BrokenTextError:
        line = self._text.count("\n", 0, self.at) + 1
        column = self.at - self._text.rfind("\n", 0, self.at)
        return BrokenTextError(f"line {line}, column {column}: {expected} was expected")

    def read_value(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise self.describe("something less deep")
        first, start = self.skip(), self.at
        if first == "{":
            items = self._read_items("}", depth)
            return Node(start, self.at, {item.name: item.node.value for item in items}, items)
        if first == "[":
            items = self._read_items("]", depth)
            return Node(start, self.at, [item.node.value for item in items], items)
        return Node(start, self.at, self._read_token(_STRING if first == '"' else _WORD))

    def _read_token(self, pattern: re.Pattern[str]) -> Any:
        found = pattern.match(self._text, self.at)
        try:
            value = json.loads(found.group()) if found else None
        except ValueError:
            found = value = None
        if not found:
            raise self.describe("a value")
        self.at = found.end()
        return value

    def _read_items(self, closing: str, depth: int) -> list[Item]:
        items: list[Item] = []
        self.at += 1
        while self.skip() != closing:
            if items and items[-1].comma is None:
                raise self.describe(f"a comma or {closing}")
            items.append(self._read_item(depth, named=closing == "}"))
            if self.skip() == ",":
                self.at += 1
                items[-1].comma = self.at
        self.at += 1
        return items

    def _read_item(self, depth: int, *, named: bool) -> Item:
        start, name = self.at, None
        if named:
            if self.skip() != '"':
                raise self.describe("a name in quotes")
            name = self._read_token(_STRING)
            if self.skip() != ":":
                raise self.describe("a colon")
            self.at += 1
        return Item(start, self._end_at_value(self.read_value(depth + 1)), name)

    def _end_at_value(self, node: Node) -> Node:
        node.end = self.at
        return node
