"""A tool as it is published here: closed to unknown arguments, its schema short, its refusals answers.

The only file that leans on how the SDK keeps a tool.
"""

import logging
from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from typing import Any, cast

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import ConfigDict, ValidationError

from kie_mcp.errors import KieError, OrderError, UnforeseenError
from kie_mcp.surface.answers.build import refusal
from kie_mcp.surface.answers.schema import Fields, output_schema
from kie_mcp.surface.arguments.repair import OTHER_NAMES, meant
from kie_mcp.text import literal
from kie_mcp.urls import quote_url

logger = logging.getLogger(__name__)

MOST_PROBLEMS = 3
"""That many wrong arguments are told of at once."""
_CORRECT = "Correct the arguments and call again."


class StrictTool(Tool):
    """A tool that refuses what it does not know, in words that help."""

    becomes_task: bool = False
    """Whether its call is answered with a task, for a client that takes tasks."""

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """Run the tool; what it raises from our own error tree becomes an answer with `isError`."""
        try:
            return await super().run(meant(arguments, self.parameters), context, convert_result)
        except Exception as error:
            cause = error.__cause__
            if isinstance(cause, ValidationError) and not isinstance(error, UnexpectedToolError):
                return refusal(self._explained(cause, arguments))
            if isinstance(cause, KieError):
                return refusal(cause)
            if isinstance(error, UnexpectedToolError):
                logger.exception("%s: something unforeseen happened", self.name)
                return refusal(UnforeseenError(cause or error))
            raise

    def _explained(self, error: ValidationError, arguments: dict[str, Any]) -> OrderError:
        problems = error.errors(include_url=False, include_context=False)
        told = [
            _missing(str(one["loc"][0]), arguments)
            if one["type"] == "missing"
            else self._refused(one["type"], one["loc"], one["msg"], one["input"])
            for one in problems[:MOST_PROBLEMS]
        ]
        if len(problems) == 1:
            return told[0]
        more = [f"And {len(problems) - MOST_PROBLEMS} more."] if len(problems) > MOST_PROBLEMS else []
        return OrderError(" ".join([*(one.message for one in told), *more]), remedy=_CORRECT)

    def _refused(self, kind: str, place: tuple[int | str, ...], words: str, value: object) -> OrderError:
        name = str(place[0]) + "".join(f"[{part}]" for part in place[1:])
        if kind == "extra_forbidden":
            return self._unknown(name)
        problem = f"{_given(value)} given; {words[:1].lower()}{words[1:]}."  # pydantic's, which begin with a capital
        return OrderError(problem, argument=name, remedy=_CORRECT)

    def _unknown(self, name: str) -> OrderError:
        allowed = list(self.parameters["properties"])
        close = get_close_matches(name[:100], allowed, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it takes {', '.join(allowed)}."
        if taken := [other for other in OTHER_NAMES.get(name, ()) if other in allowed]:
            hint = f"{taken[0]} is given already."
        problem = f"{self.name} has no such argument; {hint}"
        return OrderError(problem, argument=literal(name, 40), remedy=_CORRECT)


def publish(
    function: Callable[..., Awaitable[CallToolResult]],
    *,
    title: str,
    answers: type[Fields],
    orders: bool = False,
    read_only: bool = False,
    open_world: bool = True,
    meta: dict[str, Any] | None = None,
) -> StrictTool:
    """Publish a function as a tool: its name, its docstring, its arguments.

    Args:
        function: What it does. Returns the answer; a KieError that it raises becomes one.
        title: Its name for people.
        answers: What its structured content holds.
        orders: Whether it makes a job, which costs credits and can become a task.
        read_only: Whether it changes nothing, so that a host need not ask before it calls it.
        open_world: Whether it asks Kie.ai anything.
        meta: What else a host is told of it.
    """
    tool = StrictTool.from_function(
        function,
        title=title,
        description=" ".join((function.__doc__ or "").split()),
        meta=meta,
        annotations=ToolAnnotations(
            read_only_hint=read_only, destructive_hint=False, idempotent_hint=read_only, open_world_hint=open_world
        ),
    )
    if not isinstance(tool, StrictTool):  # the SDK promises less than it does
        raise TypeError("the SDK made a tool of another class")
    tool.becomes_task = orders
    metadata = tool.fn_metadata
    metadata.arg_model = _strict(metadata.arg_model)
    metadata.output_schema = output_schema(answers)
    tool.parameters = _short(metadata.arg_model.model_json_schema(by_alias=True))
    return tool


def _strict(arguments: type[ArgModelBase]) -> type[ArgModelBase]:
    class Strict(arguments):
        model_config = ConfigDict(extra="forbid")

    return Strict


def _short(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without the titles that repeat each name, and with "or nothing" left to the default."""
    properties: dict[str, Any] = {}
    for name, one in schema["properties"].items():
        one = {
            key: value for key, value in one.items() if key not in {"title", "default"} or (key == "default" and value)
        }
        if "anyOf" in one:
            known = next(choice for choice in one.pop("anyOf") if choice != {"type": "null"})
            one = {**known, **one}
        properties[name] = one
    required = {"required": schema["required"]} if "required" in schema else {}
    # That it is closed is not published: the SDK of Google's models cannot read a tool that says so.
    return {"type": "object", "properties": properties, **required}


def _missing(name: str, arguments: dict[str, Any]) -> OrderError:
    """Some words for nothing could be what is to be said, so that the way to say them is told."""
    value = arguments.get(name)
    problem = f"{_given(value)} given, which stands for no value; it is required."
    if value is None or value == "":
        problem = "is required."
    elif isinstance(value, str) and value.strip().isalpha():
        problem += " If the word itself is meant, end it with a full stop."
    return OrderError(problem, argument=name, remedy=_CORRECT)


def _given(value: object) -> str:
    """What was given, short and without what may be secret in it."""
    match value:
        case str() if "://" in value:
            return quote_url(value)
        case str():
            return repr(value) if len(value) <= 40 else f"{len(value):,} characters"
        case bool() | float():
            return str(value).lower()
        case int():
            return str(value) if abs(value) < 10**20 else "a huge number"
        case list():
            return f"a list of {len(cast('list[object]', value))}"
        case _:
            return "an object" if isinstance(value, dict) else "null"
