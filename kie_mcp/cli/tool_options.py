"""Turn the arguments of a tool into options of the command line, and what is given for them back into arguments.

Names, choices, bounds and help come from the schema that MCP clients see.
"""

import argparse
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from kie_mcp.cli.argument_types import parse_number

Schema = Mapping[str, Any]
_LISTED = 16
"""The most choices that the help lists."""
_OTHER_HELP = {
    "count": "how many pictures of each prompt, 1-10",
    "estimate_only": "show what it would cost, and order nothing",
    "agreed_credits": "order without asking if it costs no more credits than this",
    "wait_seconds": "leave after so many seconds, without the file; the job goes on",
}
"""Help for what means something else to a person than to an assistant."""
_OTHER_NAMES = {
    "estimate_only": ("--estimate", "--estimate-only"),
    "wait_seconds": ("--wait", "--wait-seconds"),
    "speed": ("--voice-speed",),  # --speed is how fast the sandbox works
}
_LEAST = {"count": 1}
"""Bounds that a schema leaves out: assistants give 0 for what they leave open, and a person who gives it means it."""
PREFIX = "tool_"
"""What an argument of a tool is called in the parsed arguments, beside those of the command itself."""
_SHELL_WORDS = {"https URL, local path, data URI": "path, https URL, data URI", "or kie://jobs": "kie://jobs"}


@functools.cache
def read_schemas() -> Mapping[str, Schema]:
    """Return the published schema of each tool's arguments, by the tool's name."""
    from kie_mcp.jobs.clock import SystemClock
    from kie_mcp.surface.call_handler import CallHandler
    from kie_mcp.surface.tools import Tools

    def find_tenant(_: object) -> NoReturn:
        raise LookupError("these tools are only looked at")

    tools = Tools(find_tenant, CallHandler(find_tenant, SystemClock())).publish()
    return {tool.name: tool.parameters for tool in tools}


def add_tool_options(parser: argparse.ArgumentParser, tool: str, *, leave_out: Sequence[str]) -> None:
    """Add an option for each argument of a tool, but for those that are left out."""
    for name, schema in read_schemas()[tool]["properties"].items():
        if name not in leave_out:
            _add_option(parser, name, schema)


def read_tool_options(arguments: argparse.Namespace, tool: str) -> dict[str, Any]:
    """Return what was given for the arguments of a tool; others are left to the tool's defaults."""
    given = vars(arguments)
    names = read_schemas()[tool]["properties"]
    values = {name: given.get(PREFIX + name) for name in names}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def describe(schema: Schema, name: str = "") -> str:
    """Describe an argument in the words of its schema, with its choices and its default."""
    text = _OTHER_HELP.get(name) or str(schema.get("description", ""))
    for theirs, ours in _SHELL_WORDS.items():
        text = text.replace(theirs, ours)
    choices = schema.get("enum", ())
    listed = f"one of {', '.join(choices)}" if 0 < len(choices) <= _LISTED else ""
    usual = f"by default {schema['default']}" if schema.get("default") else ""
    bounds = f"from {schema['minimum']:.10g} to {schema['maximum']:.10g}" if "minimum" in schema else ""
    if text[1:2].islower():  # ISO stays as it is
        text = f"{text[0].lower()}{text[1:]}"
    text = re.sub(r"\b[a-z]+_[a-z_]+\b", lambda found: option_name(found[0]), text)
    return "; ".join(filter(None, [text, listed, bounds, usual])).replace("%", "%%")


def option_name(name: str) -> str:
    """Return the option that stands for an argument of a tool."""
    return _OTHER_NAMES.get(name, (f"--{name.replace('_', '-')}",))[0]


def _add_option(parser: argparse.ArgumentParser, name: str, schema: Schema) -> None:
    flags = _OTHER_NAMES.get(name) or (option_name(name),)
    more: dict[str, Any] = {"dest": PREFIX + name, "default": None, "help": describe(schema, name)}
    kind = schema["type"]
    if kind == "boolean":
        parser.add_argument(*flags, action="store_true", **more)
        return
    if kind == "array":
        more |= {"action": "append", "metavar": "FILE"}
        more["help"] += "; again for more"
    elif "enum" in schema:
        more |= {"choices": schema["enum"], "metavar": "NAME"}
    else:
        more |= {"type": _find_type(name, kind, schema), "metavar": _METAVARS.get(name) or _PLACES[kind]}
    parser.add_argument(*flags, **more)


_PLACES = {"string": "TEXT", "number": "N", "integer": "N"}
_METAVARS = {"image": "FILE", "audio": "FILE", "idempotency_key": "KEY", "wait_seconds": "SECONDS"}


def _find_type(name: str, kind: str, schema: Schema) -> Callable[[str], Any]:
    if kind == "string":
        return str
    bounds: dict[str, Any] = {
        "least": schema.get("minimum", _LEAST.get(name, 0)),
        "most": schema.get("maximum"),
        "whole": kind == "integer",
    }
    return lambda text: (int if kind == "integer" else float)(parse_number(text, **bounds))
