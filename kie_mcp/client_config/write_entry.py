"""Put the server's entry into a client's file, and leave all the rest of it as it is."""

import copy
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kie_mcp.client_config.clients import Client
from kie_mcp.client_config.config_file import ConfigFile, ConfigFileError, read_config_file
from kie_mcp.client_config.entry import KEY_INPUT, VARIABLE, is_secret, name_variables
from kie_mcp.client_config.json_edit import append_value, set_value
from kie_mcp.client_config.json_scan import BrokenTextError, as_list, as_object, scan
from kie_mcp.client_config.merging import list_changes, merge_entry, only_adds
from kie_mcp.client_config.toml_edit import set_toml_value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done to a client's file."""

    done: Literal["added", "changed", "unchanged"]
    path: Path
    copy: Path | None
    """The copy of the file as it was before."""
    key: str | None
    """What stands in the file as the key; None if there is no variable for it."""


def write_entry(
    client: Client, path: Path, name: str, wanted: dict[str, Any], *, new_key: bool = False, force: bool = False
) -> Outcome:
    """Put an entry into a file, beside all that is in it.

    Args:
        client: Whose file it is.
        path: The file; it is made if there is none.
        name: The name of the server in it.
        wanted: The entry.
        new_key: Whether the key in it takes the place of one that is there.
        force: Whether an entry of this name that says something else is replaced.

    Raises ConfigFileError if the file cannot be read, understood or written, or if the entry may not be replaced.
    """
    file = read_config_file(path)
    where = (*client.servers, name)
    try:
        before = _parse(client, file.text)
        existing = _find(before, where)
        merged = merge_entry(existing, wanted, name_variables(client), new_key=new_key) if existing else wanted
        if existing and not force and not only_adds(existing, merged):
            raise _describe_other(path, name)
        text = _edit(client, file.text, where, existing, merged)
        _check_rest(before, _parse(client, text), where, merged)
    except BrokenTextError as error:
        raise _describe_broken(path, client, error) from None
    return _finish(file, text, merged, existing, client)


def _finish(file: ConfigFile, text: str, merged: dict[str, Any], existing: Any, client: Client) -> Outcome:
    variables: dict[str, Any] = merged.get(name_variables(client), {})
    key = variables.get(VARIABLE)
    if text == file.text:
        return Outcome("unchanged", file.path, None, key)
    copy_ = file.replace(text, private=is_secret(client, key))
    return Outcome("changed" if existing else "added", file.path, copy_, key)


def _edit(client: Client, text: str, where: tuple[str, ...], existing: Any, merged: dict[str, Any]) -> str:
    change = set_toml_value if client.is_toml else set_value
    for path, value in list_changes(existing, merged, where):
        text = change(text, path, value)
    asks = client.asks_for_key and client.reference in str(merged)
    return _add_input(text, _list_inputs(_parse(client, text))) if asks else text


def _add_input(text: str, asked: list[Any]) -> str:
    """Let VS Code ask for the key, unless it does so already."""
    if any((as_object(one) or {}).get("id") == KEY_INPUT["id"] for one in asked):
        return text
    return append_value(text, "inputs", KEY_INPUT)


def _list_inputs(document: Any) -> list[Any]:
    """Return what a file of VS Code asks for."""
    return as_list((as_object(document) or {}).get("inputs"))


def _parse(client: Client, text: str) -> Any:
    """Return what a file holds; an empty one holds an empty object."""
    if client.is_toml:
        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise BrokenTextError(str(error)) from None
    root = scan(text)
    return {} if root is None else root.value


def _find(document: Any, where: tuple[str, ...]) -> dict[str, Any] | None:
    for name in where:
        document = (as_object(document) or {}).get(name)
    if document is not None and as_object(document) is None:
        raise BrokenTextError(f"{'.'.join(where)} is something else than an entry")
    return as_object(document)


def _check_rest(before: Any, after: Any, where: tuple[str, ...], merged: dict[str, Any]) -> None:
    """Raise BrokenTextError unless the entry is as it should be and everything else is as it was."""
    if _find(after, where) != merged or _without(after, where) != _without(before, where):
        raise BrokenTextError("it is written in a way that cannot be changed without harm")


def _without(document: Any, where: tuple[str, ...]) -> Any:
    rest = copy.deepcopy(document)
    inner = rest
    for name in where[:-1]:
        inner = inner.setdefault(name, {})
    inner.pop(where[-1], None)
    rest["inputs"] = [one for one in _list_inputs(rest) if one != KEY_INPUT]
    return rest


def _describe_other(path: Path, name: str) -> ConfigFileError:
    return ConfigFileError(
        f"{path} has another entry named {name}, and it was left as it is.",
        remedy="--force puts this one in its place and keeps its key; --name NAME adds it beside it.",
    )


def _describe_broken(path: Path, client: Client, error: BrokenTextError) -> ConfigFileError:
    kind = "TOML" if client.is_toml else "JSON"
    return ConfigFileError(
        f"{path} cannot be changed as {kind} ({error}), so it was left as it is.",
        remedy=f"Correct it in an editor, and try again; or move it away, and let {client.title} make a new one.",
    )
