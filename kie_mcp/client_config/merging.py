"""Decide what of an entry that exists is changed: what is there stays, unless it is to be replaced."""

from collections.abc import Iterator, Mapping
from typing import Any

from kie_mcp.client_config.entry import VARIABLE, is_no_key
from kie_mcp.client_config.json_scan import BrokenTextError, as_object

Change = tuple[tuple[str, ...], Any]
"""The names that lead to a value, and the value."""


def merge_entry(
    existing: Mapping[str, Any], wanted: Mapping[str, Any], variables: str, *, new_key: bool
) -> dict[str, Any]:
    """Return the entry that is wanted, with all that the existing one holds beside it.

    Args:
        existing: The entry in the file.
        wanted: Ours.
        variables: The name under which both hold the variables of the environment.
        new_key: Whether the key that is wanted takes the place of the existing one; else that one stays.

    Raises BrokenTextError if the existing variables are something else than an object.
    """
    merged = {**existing, **wanted}
    ours, theirs = (_read_variables(entry, variables) for entry in (wanted, existing))
    env = {**ours, **theirs}
    is_missing = is_no_key(theirs.get(VARIABLE)) and not is_no_key(ours.get(VARIABLE))
    if VARIABLE in ours and (new_key or is_missing):
        env[VARIABLE] = ours[VARIABLE]
    return {**merged, variables: env} if env else merged


def _read_variables(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    variables = as_object(entry.get(name, {}))
    if variables is None:
        raise BrokenTextError(f'"{name}" of the entry is no object')
    return variables


def only_adds(existing: Any, merged: Any) -> bool:
    """Return whether all that exists stays; a key that is not there yet may be filled in."""
    before, after = as_object(existing), as_object(merged)
    if before is not None and after is not None:
        return all(name in after and only_adds(one, after[name]) for name, one in before.items())
    return existing == merged or is_no_key(existing)


def list_changes(existing: Any, merged: Any, path: tuple[str, ...]) -> Iterator[Change]:
    """Yield the smallest changes that make the one of the other."""
    before, after = as_object(existing), as_object(merged)
    if before is not None and after is not None:
        for name, value in after.items():
            yield from list_changes(before.get(name), value, (*path, name))
    elif existing != merged:
        yield path, merged
