"""A tool that refuses unknown arguments, publishes a short schema, and answers each error with a remedy.

The only file that depends on how the SDK stores a tool.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from types import MethodType
from typing import Any, cast

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import ConfigDict, ValidationError

from kie_mcp.errors import KieError, OrderError, UnforeseenError
from kie_mcp.surface.answers.build import build_refusal
from kie_mcp.surface.answers.schema import Answer, Fields, output_schema
from kie_mcp.surface.arguments.repair import OTHER_NAMES, repair
from kie_mcp.surface.confirmation import InputNeededError
from kie_mcp.surface.viewer import SHOWN_IN_VIEWER
from kie_mcp.text import literal
from kie_mcp.urls import quote_url

logger = logging.getLogger(__name__)

MOST_PROBLEMS = 3
"""How many wrong arguments one answer explains."""
_CORRECT = "Correct the arguments and call again."


class StrictTool(Tool):
    """A tool that refuses unknown and wrong arguments, and says how to correct them."""

    becomes_task: bool = False
    """Whether a call is answered with a task if the client accepts tasks."""

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """Repair the arguments and run the tool; a KieError that it raises becomes an answer with `isError`."""
        try:
            return await super().run(repair(arguments, self.parameters), context, convert_result)
        except Exception as error:
            cause = error.__cause__
            if isinstance(cause, ValidationError) and not isinstance(error, UnexpectedToolError):
                return build_refusal(self._explain(cause, arguments))
            if isinstance(cause, InputNeededError):
                return cause.result
            if isinstance(cause, KieError):
                return build_refusal(cause)
            if isinstance(error, UnexpectedToolError):
                logger.exception("%s: an unforeseen error", self.name)
                return build_refusal(UnforeseenError(cause or error))
            raise

    def _explain(self, error: ValidationError, arguments: dict[str, Any]) -> OrderError:
        problems = error.errors(include_url=False, include_context=False)
        told = [
            _explain_missing(str(one["loc"][0]), arguments)
            if one["type"] == "missing"
            else self._explain_value(one["type"], one["loc"], one["msg"], one["input"])
            for one in problems[:MOST_PROBLEMS]
        ]
        if len(problems) == 1:
            return told[0]
        more = [f"And {len(problems) - MOST_PROBLEMS} more."] if len(problems) > MOST_PROBLEMS else []
        return OrderError(" ".join([*(one.message for one in told), *more]), remedy=_CORRECT)

    def _explain_value(self, kind: str, place: tuple[int | str, ...], words: str, value: object) -> OrderError:
        name = str(place[0]) + "".join(f"[{part}]" for part in place[1:])
        if kind == "extra_forbidden":
            return self._explain_unknown(name)
        words = f"{words[:1].lower()}{words[1:]}"  # pydantic begins with a capital
        if kind == "dict_type":
            words = "must be an object of fields"  # what pydantic calls a dictionary
        problem = f"{_describe_value(value)} given; {words}."
        return OrderError(problem, argument=name, remedy=_CORRECT)

    def _explain_unknown(self, name: str) -> OrderError:
        allowed = list(self.parameters["properties"])
        close = get_close_matches(name[:100], allowed, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it takes {', '.join(allowed)}."
        if taken := [other for other in OTHER_NAMES.get(name, ()) if other in allowed]:
            hint = f"{taken[0]} is given already."
        problem = f"{self.name} has no such argument; {hint}"
        return OrderError(problem, argument=literal(name, 40), remedy=_CORRECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFacts:
    """What is published of a tool beside its name, its docstring and its arguments."""

    title: str
    """Its name for people."""
    answers: type[Fields] = Answer
    """What its structured content holds."""
    orders: bool = False
    """Whether it makes a job: that costs credits, and its call can become a task."""
    read_only: bool = False
    """Whether it changes nothing, so that a host need not ask before it calls it, and may call it again at will."""
    asks_kie: bool = True
    """Whether it sends anything to Kie.ai, outside this computer."""
    shows_jobs: bool = True
    """Whether it answers about jobs, which the viewer shows."""


def publish(method: MethodType, facts: ToolFacts) -> StrictTool:
    """Make a tool of a method, with the method's name, docstring and arguments.

    The method returns the answer; a KieError that it raises becomes one. Raises TypeError if the SDK makes a tool of
    another class.
    """
    return _describe(method.__func__, facts).model_copy(update={"fn": method})


@cache  # the schemas take a tenth of a second, and are the same for each server of this process
def _describe(function: Callable[..., Awaitable[CallToolResult]], facts: ToolFacts) -> StrictTool:
    """Make the tool of a method that belongs to no server yet."""
    tool = StrictTool.from_function(
        MethodType(function, object()),
        title=facts.title,
        description=" ".join((function.__doc__ or "").split()),
        meta=SHOWN_IN_VIEWER if facts.shows_jobs else None,
        annotations=ToolAnnotations(
            read_only_hint=facts.read_only,
            destructive_hint=False,  # results get names of their own; nothing is overwritten, and no tool deletes
            idempotent_hint=facts.read_only,  # an order that is repeated after its result is another job
            open_world_hint=facts.asks_kie,
        ),
    )
    if not isinstance(tool, StrictTool):  # the SDK's annotation promises less than this
        raise TypeError("the SDK made a tool of another class")
    tool.becomes_task = facts.orders
    metadata = tool.fn_metadata
    metadata.arg_model = _forbid_others(metadata.arg_model)
    metadata.output_schema = output_schema(facts.answers)
    tool.parameters = _shorten(metadata.arg_model.model_json_schema(by_alias=True))
    return tool


def _forbid_others(arguments: type[ArgModelBase]) -> type[ArgModelBase]:
    class Strict(arguments):
        model_config = ConfigDict(extra="forbid")

    return Strict


def _shorten(schema: dict[str, Any]) -> dict[str, Any]:
    """Shorten a schema: leave out the titles, which repeat the names, and "or null", which the default implies."""
    properties: dict[str, Any] = {}
    for name, one in schema["properties"].items():
        one = {
            key: value
            for key, value in one.items()
            if key not in {"title", "default", "additionalProperties"} or (key == "default" and value)
        }
        if "anyOf" in one:
            known = next(choice for choice in one.pop("anyOf") if choice != {"type": "null"})
            one = {**known, **one}
        properties[name] = one
    required = {"required": schema["required"]} if "required" in schema else {}
    # `additionalProperties: false` is not published: Google's SDK for its models fails on a tool that has it.
    return {"type": "object", "properties": properties, **required}


def _explain_missing(name: str, arguments: dict[str, Any]) -> OrderError:
    """Explain that a required argument is missing, and how to say a word, such as "none", that counts as missing."""
    value = arguments.get(name)
    problem = f"{_describe_value(value)} given, which stands for no value; it is required."
    if value is None or value == "":
        problem = "is required."
    elif isinstance(value, str) and value.strip().isalpha():
        problem += " If the word itself is meant, end it with a full stop."
    return OrderError(problem, argument=name, remedy=_CORRECT)


def _describe_value(value: object) -> str:
    """Describe a value that was given: short, and without what may be secret in it."""
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
