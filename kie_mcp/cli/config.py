"""Show or write what a client needs to start this server, and say what to do then."""

import getpass
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kie_mcp.cli.terminal import find_width, wrap
from kie_mcp.client_config.clients import Client
from kie_mcp.client_config.entry import PLACEHOLDER, VARIABLE, build_document, build_entry, is_no_key
from kie_mcp.client_config.json_edit import write_json
from kie_mcp.client_config.launch_command import LaunchCommand
from kie_mcp.client_config.toml_edit import write_toml
from kie_mcp.client_config.write_entry import Outcome, write_entry
from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import check_key

KeySource = Literal["environment", "ask", "reference", "none"]
SENTENCE = "Make a picture of a red fox in a raincoat, looking at the camera."
"""What a person can type first; it costs what one picture of the default model costs."""
_KEYS = "https://kie.ai/api-key"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WIDTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for on the command line, and what is known of this computer."""

    client: Client
    path: Path
    command: LaunchCommand
    name: str = "kie"
    project: bool = False
    sandbox: bool = False
    key_source: KeySource | None = None
    """None takes the key of the environment, or leaves its place empty."""
    environment_key: str = ""
    force: bool = False
    ask: Callable[[], str] = lambda: ask_for_key()

    def __post_init__(self) -> None:
        """Raise SettingsError for a name that a client could not use."""
        if not _NAME.fullmatch(self.name):
            problem = f"--name must be up to 64 letters, digits, - and _, not {self.name!r}."
            raise SettingsError(problem, remedy="kie is a good name.")


def ask_for_key() -> str:
    """Ask for the key on the terminal, without showing it. Raises SettingsError if there is none."""
    if not sys.stdin.isatty():
        raise SettingsError("--key ask needs a terminal.", remedy=f"Set {VARIABLE}, and give --key environment.")
    return getpass.getpass("Kie.ai API key (it is not shown): ")


def show_entry(wish: Wish) -> str:
    """Return what belongs into the client's file, with a place for the key in it, and words about it."""
    client = wish.client
    key = _choose_key(wish, asks=False)
    block = write_block(client, wish.command, PLACEHOLDER if _is_secret(client, key) else key, name=wish.name)
    lines = [*_wrap(f"{client.title} keeps its MCP servers in {wish.path}. This belongs there:"), "", block]
    lines += _describe_key(client, key)
    if client.add and not wish.project:
        lines += ["", f"Or let {client.title} do it:", f"  {write_add_command(client, wish.command, key, wish.name)}"]
    lines += ["", *_wrap("With --write, this command puts it there, and keeps what the file holds."), *_describe(wish)]
    return "\n".join(lines)


def write_to_client(wish: Wish) -> str:
    """Put the entry into the client's file, and return what was done. Raises SettingsError and ConfigFileError."""
    entry = build_entry(wish.client, wish.command, _choose_key(wish, asks=True))
    new_key = wish.key_source in {"environment", "ask", "reference"}
    outcome = write_entry(wish.client, wish.path, wish.name, entry, new_key=new_key, force=wish.force)
    return "\n".join([*_describe_outcome(wish, outcome), *_describe(wish)])


def write_block(client: Client, command: LaunchCommand, key: str | None, *, name: str = "kie") -> str:
    """Return what stands in the client's file if it holds nothing else."""
    entry = build_entry(client, command, key)
    if client.is_toml:
        return write_toml((*client.servers, name), entry)
    asks = client.asks_for_key and key == client.reference
    return write_json(build_document(client, name, entry, asks=asks)) + "\n"


def write_add_command(client: Client, command: LaunchCommand, key: str | None, name: str = "kie") -> str:
    """Return the line with which the client adds the server by itself, with a place for the key."""
    env = [] if key is None else ["--env", f'{VARIABLE}="{PLACEHOLDER}"']
    words = (f'"{word}"' if re.search(r"[^\w/:.@=-]", word) else word for word in command.words)
    return " ".join([*(word.format(name=name) for word in client.add), *env, "--", *words])


def _choose_key(wish: Wish, *, asks: bool) -> str | None:
    """Return the key or what stands for it; None if the entry needs none. With `asks` the person may be asked."""
    client, source = wish.client, wish.key_source
    if source is None:
        return _choose_usual_key(wish)
    if source == "reference":
        if not client.reference:
            raise SettingsError(
                f"{client.title} cannot take the key from a variable by itself.",
                remedy="Give --key environment or --key ask, which write the key into its file.",
            )
        return client.reference
    if source == "environment":
        if not wish.environment_key:
            raise SettingsError(f"{VARIABLE} is not set.", remedy=f"Set it to a key of {_KEYS}, or give --key ask.")
        return check_key(wish.environment_key)
    return check_key(wish.ask()) if source == "ask" and asks else ""


def _choose_usual_key(wish: Wish) -> str | None:
    client = wish.client
    if wish.sandbox:
        return None
    if client.asks_for_key or wish.project:  # a project's file is shared, so the key is not written into it
        return client.reference
    return check_key(wish.environment_key) if wish.environment_key else ""


def _is_secret(client: Client, key: str | None) -> bool:
    return key is not None and key != client.reference


def _describe_key(client: Client, key: str | None) -> list[str]:
    """Say what is to be done about the key that belongs into an entry that is shown."""
    if is_no_key(key):
        return _wrap(f'Put your key in the place of "{PLACEHOLDER}"; {_KEYS} has one.')
    if _is_secret(client, key):
        return _wrap(f"Your key is not shown; --write puts it there, from {VARIABLE}.")
    if key is None:
        return ["No key is needed."]
    asks = f"{client.title} asks for the key when it starts the server, and keeps it."
    return _wrap(asks if client.asks_for_key else f"The key is read from {VARIABLE}, where {client.title} starts.")


def _describe_outcome(wish: Wish, outcome: Outcome) -> Iterator[str]:
    words = {"added": "Added {} to {}.", "changed": "Changed {} in {}.", "unchanged": "{} is already in {}."}
    said = words[outcome.done].format(wish.name, outcome.path)
    yield from _wrap(said + (f" The file as it was: {outcome.copy.name}, beside it." if outcome.copy else ""))
    if is_no_key(outcome.key):
        yield from _wrap(
            f"There is no key in it yet. Make one at {_KEYS}, and put it between the quotes of {VARIABLE}; or set "
            f"{VARIABLE} and run this again."
        )


def _describe(wish: Wish) -> Iterator[str]:
    """Yield what to do then, and how a person sees that it works."""
    restart, check = (text.format(name=wish.name) for text in (wish.client.restart, wish.client.check))
    yield ""
    yield from _wrap(f"1. {restart}", "   ")
    yield from _wrap(f"2. To see that it works, {check}.", "   ")
    yield from _wrap(f'3. Say to the assistant: "{SENTENCE}"', "   ")


def _wrap(text: str, indent: str = "") -> list[str]:
    return wrap(text, min(_WIDTH, find_width()), indent=indent)
