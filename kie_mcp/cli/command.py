"""What a file in `kie_mcp/cli/commands/` declares of its command, and how the commands are found."""

import argparse
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from importlib import import_module
from pkgutil import iter_modules


class Group(IntEnum):
    """What a command is for; the help lists the commands in this order, and in each group by `Command.place`."""

    MAKE = 1
    LOOK = 2
    SET_UP = 3
    SERVE = 4


def _add_no_arguments(_: argparse.ArgumentParser) -> None:
    """Leave the parser as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: what the help says of it, its arguments, and the function that runs it."""

    help: str
    """What it does: a few words for the list of commands, without a capital or a full stop."""
    group: Group
    run: Callable[[argparse.Namespace], int]
    """Run it and return the exit code; a KieError that it raises is told with its remedy.

    Beside its own arguments it is given `command` (its name), `sandbox` and `speed`.
    """
    add_arguments: Callable[[argparse.ArgumentParser], None] = _add_no_arguments
    """Add its arguments to its parser. Called only once the command is chosen, so it may import what it needs."""
    place: int = 50
    """Where in its group it stands; equal ones stand by name."""
    about: str = ""
    """Sentences for its own help; `help` if there are none."""
    epilog: str = ""
    """What its help ends with, such as examples; its lines stay as they are."""


@functools.cache
def list_commands() -> Mapping[str, Command]:
    """Return every command by its name, in the order of the help."""
    from kie_mcp.cli import commands

    names = [module.name for module in iter_modules(commands.__path__)]
    found: dict[str, Command] = {
        name.replace("_", "-"): import_module(f"{commands.__name__}.{name}").COMMAND for name in names
    }
    return dict(sorted(found.items(), key=lambda one: (one[1].group, one[1].place, one[0])))
