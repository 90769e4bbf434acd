"""Any JSON with comments keeps each of its characters when a value is set in it."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kie_mcp.client_config.json_edit import append_value, set_value
from kie_mcp.client_config.json_scan import as_list, as_object, scan

NAMES = st.sampled_from(["mcpServers", "kie", "a", "}", "//", "ü", '"', "\\"])
PLAIN = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([0.5, "", "// no comment", '{"', "\\u00e9"])
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
BLANKS = st.sampled_from(["", "", " ", "\n", "\n  ", "\t", " // c }\n", "/* , */", "\n/* {\n */\n"])


def write(draw: st.DrawFn, value: Any) -> str:
    """Write a value as people do: with blanks and comments anywhere, and a comma behind the last one at times."""

    def blank() -> str:
        return draw(BLANKS)

    members = as_object(value)
    if members is not None:
        items = [f"{json.dumps(name)}{blank()}:{blank()}{write(draw, one)}" for name, one in members.items()]
        opening, closing = "{", "}"
    elif as_list(value) or value == []:
        items, opening, closing = [write(draw, one) for one in as_list(value)], "[", "]"
    else:
        return json.dumps(value, ensure_ascii=draw(st.booleans()))
    inside = ",".join(f"{blank()}{one}{blank()}" for one in items)
    last = "," if items and draw(st.booleans()) else ""
    return f"{opening}{inside}{last}{blank()}{closing}"


@st.composite
def files(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    value = draw(st.dictionaries(NAMES, VALUES, max_size=4))
    if not isinstance(value.get("mcpServers", {}), dict):
        value["mcpServers"] = {}
    return draw(BLANKS) + write(draw, value) + draw(BLANKS), value


def is_kept(before: str, after: str) -> bool:
    """Whether all characters of the one are in the other, in their order; blanks at the end of a line may go."""
    rest = iter(after)
    return all(one in rest for one in before if not one.isspace())


@settings(max_examples=60)
@given(files())
def test_a_value_is_set_and_nothing_is_lost(file: tuple[str, dict[str, Any]]) -> None:
    text, value = file
    root = scan(text)
    assert root
    assert root.value == value
    entry: dict[str, Any] = {"command": "/k", "args": [], "env": {"KIE_API_KEY": "x"}}
    written = set_value(text, ("mcpServers", "new"), entry)
    changed = scan(written)
    assert changed
    assert changed.value == value | {"mcpServers": (as_object(value.get("mcpServers")) or {}) | {"new": entry}}
    assert is_kept(text, written)
    assert set_value(written, ("mcpServers", "new"), entry) == written


@settings(max_examples=60)
@given(files())
def test_a_value_is_appended_and_nothing_is_lost(file: tuple[str, dict[str, Any]]) -> None:
    text, value = file
    if not isinstance(value.get("a", []), list):
        return
    written = append_value(text, "a", {"id": 1})
    changed = scan(written)
    assert changed
    assert changed.value == value | {"a": [*value.get("a", []), {"id": 1}]}
    assert is_kept(text, written)
