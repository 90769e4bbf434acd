"""Change single values of a TOML text, and keep its comments, its order and its blanks."""

import re
from collections.abc import MutableMapping
from typing import Any, cast

from kie_mcp.client_config.json_scan import BrokenTextError, as_object


def write_toml(path: tuple[str, ...], entry: dict[str, Any]) -> str:
    """Write an entry as a table of its own."""
    return set_toml_value("", path, entry).strip("\n") + "\n"


def set_toml_value(text: str, path: tuple[str, ...], value: Any) -> str:
    """Return the text with a value at a path of names; what is missing of the path is added.

    Raises BrokenTextError if the text is no TOML, or holds something else than a table on the way.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        table: MutableMapping[str, Any] = document
        for depth, name in enumerate(path[:-1]):
            if name not in table:
                table[name] = tomlkit.table(is_super_table=True)
            table = _check_table(table[name], path[: depth + 1])
        entry = as_object(value)
        table[path[-1]] = value if entry is None else _build_table(entry)
        written = tomlkit.dumps(document)
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise BrokenTextError(str(error)) from None
    return written if entry is None else _part_from_others(written, path, text)


def _part_from_others(written: str, path: tuple[str, ...], before: str) -> str:
    """Put an empty line before a new table, and none behind it at the end of the file."""
    header = re.escape(f"[{'.'.join(path)}]")
    parted = re.sub(rf"(?<=[^\n])\n(?={header}\n)", "\n\n", written)
    return parted[:-1] if parted.endswith("\n\n") and not before.endswith("\n\n") else parted


def _check_table(found: Any, path: tuple[str, ...]) -> MutableMapping[str, Any]:
    if not isinstance(found, MutableMapping):
        raise BrokenTextError(f"{'.'.join(path)} is no table")
    return cast("MutableMapping[str, Any]", found)


def _build_table(entry: dict[str, Any]) -> Any:
    """Make a table of an entry, in which what holds something itself stands on one line."""
    import tomlkit

    table = tomlkit.table()
    for name, value in entry.items():
        members = as_object(value)
        table[name] = value if members is None else _build_inline_table(members)
    table.add(tomlkit.nl())
    return table


def _build_inline_table(members: dict[str, Any]) -> Any:
    import tomlkit

    inline = tomlkit.inline_table()
    for name, value in members.items():
        inline[name] = value
    return inline
