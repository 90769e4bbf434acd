"""Change single values of a JSON text, and leave every other character of it as it is: comments, order, blanks.

No library that is kept well does this in Python: those that keep comments need Node.js, a newer Python, or were last
released in 2024.
"""

import json
import re
from typing import Any

from kie_mcp.client_config.json_scan import BrokenTextError, Item, Node, as_list, as_object, scan

_SAME_LINE = re.compile(r"[ \t]*(?:(?://[^\n]*|/\*[^\n]*?\*/)[ \t]*)*")
"""Blanks and comments up to the end of a line."""
_BLANKS = re.compile(r"[ \t]*")
_USUAL = "  "


def write_json(value: Any, *, unit: str = _USUAL, indent: str = "") -> str:
    """Write a value over several lines; an array of plain values stands on one."""
    inner = indent + unit
    if members := as_object(value):
        lines = (f"{inner}{_quote(name)}: {write_json(one, unit=unit, indent=inner)}" for name, one in members.items())
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    values = as_list(value)
    if any(as_object(one) for one in values):
        return "[\n" + ",\n".join(inner + write_json(one, unit=unit, indent=inner) for one in values) + f"\n{indent}]"
    return _quote(value)


def set_value(text: str, path: tuple[str, ...], value: Any) -> str:
    """Return the text with a value at a path of names; what is missing of the path is added.

    Raises BrokenTextError if the text is no JSON, or holds something else than an object on the way.
    """
    root = scan(text)
    if root is None:
        return _start(text, _nest(path, value))
    node = root
    for depth, name in enumerate(path):
        _check_object(node, path[:depth])
        found = node.find(name)
        if found is None:
            return _insert(text, node, f"{_quote(name)}: ", _nest(path[depth + 1 :], value), _find_unit(text, root))
        node = found
    if node.value == value:
        return text
    written = write_json(value, unit=_find_unit(text, root), indent=_line_indent(text, node.start))
    return text[: node.start] + written + text[node.end :]


def append_value(text: str, name: str, value: Any) -> str:
    """Return the text with a value more in the array of this name, which is added if it is missing.

    Raises BrokenTextError if there is something else of this name.
    """
    root = scan(text)
    found = root and root.find(name)
    if not root or not found:
        return set_value(text, (name,), [value])
    if not isinstance(found.value, list):
        raise BrokenTextError(f'"{name}" is no list')
    return _insert(text, found, "", value, _find_unit(text, root))


def _check_object(node: Node, path: tuple[str, ...]) -> None:
    if not isinstance(node.value, dict):
        where = f'"{".".join(path)}"' if path else "what it holds"
        raise BrokenTextError(f"{where} is no object in braces")


def _insert(text: str, container: Node, label: str, value: Any, unit: str) -> str:
    if "\n" not in text.strip() and len(text.strip()) > len("{}"):
        return _insert_short(text, container, label + _quote(value))
    if not container.items:
        return _fill_empty(text, container, label, value, unit)
    last = container.items[-1]
    if "\n" not in text[container.start : last.start]:
        return _insert_short(text, container, label + _quote(value))
    indent = _line_indent(text, last.start)
    new = f"\n{indent}{label}{write_json(value, unit=unit, indent=indent)}"
    at = _end_of_line(text, last.comma or last.node.end)
    return _place(text, last, at, new + ("," if last.comma else ""))


def _insert_short(text: str, container: Node, new: str) -> str:
    """Insert into an object or array that stands on one line."""
    if not container.items:
        return text[: container.start + 1] + new + text[container.start + 1 :]
    last = container.items[-1]
    return _place(text, last, last.comma or last.node.end, f" {new}")


def _place(text: str, last: Item, at: int, new: str) -> str:
    """Insert behind the last item, and a comma between the two if there is none."""
    end = last.node.end
    return text[:end] + ("" if last.comma else ",") + text[end:at] + new + text[at:]


def _fill_empty(text: str, container: Node, label: str, value: Any, unit: str) -> str:
    """Insert into an object or array that holds nothing, or comments only."""
    outer = _line_indent(text, container.start)
    inner = outer + unit
    at, closing = _end_of_line(text, container.start + 1), container.end - 1
    rest = text[at:closing]
    behind = rest if "\n" in rest else f"{rest.rstrip()}\n{outer}"
    return (
        f"{text[:at].rstrip(' ')}\n{inner}{label}{write_json(value, unit=unit, indent=inner)}{behind}{text[closing:]}"
    )


def _start(text: str, value: Any) -> str:
    """Put the first value into a text that holds none, behind its comments."""
    before = f"{text.rstrip()}\n" if text.strip() else ""
    return f"{before}{write_json(value)}\n"


def _nest(path: tuple[str, ...], value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


def _end_of_line(text: str, at: int) -> int:
    """Return the end of the line if nothing but comments stands there; else the same place."""
    found = _SAME_LINE.match(text, at)
    return found.end() if found and text[found.end() : found.end() + 1] == "\n" else at


def _line_indent(text: str, at: int) -> str:
    found = _BLANKS.match(text, text.rfind("\n", 0, at) + 1)
    return found.group() if found else ""


def _find_unit(text: str, root: Node) -> str:
    """Return by how much the text indents: what stands before its first member that has a line of its own."""
    for item in root.items:
        if "\n" in text[root.start : item.start]:
            return _line_indent(text, item.start) or _USUAL
    return _USUAL


def _quote(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
