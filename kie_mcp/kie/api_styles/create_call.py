"""Describe a create call as it goes over the wire, and what a style of the API must be able to say of a request."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from kie_mcp.errors import OrderError
from kie_mcp.jobs.job import JSON, Request
from kie_mcp.kie.responses import read_created

FormField: TypeAlias = tuple[str, tuple[str | None, bytes, str | None]]
"""The name of a field of a multipart form, and its file's name, bytes and MIME type; words have only bytes."""


class ReadCreated(Protocol):
    """Reads the answer to a create call."""

    def __call__(self, http_status: int, headers: Mapping[str, str], body: bytes, /, *, now: float) -> str:
        """Return the id of the job; raises NotCreatedError if it was refused, UnconfirmedError in every other case."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCall:
    """A call that spends credits: it is sent once."""

    path: str
    json: bytes = b""
    """The body, if there is no form."""
    form: tuple[FormField, ...] = ()
    read: ReadCreated = read_created
    answers_with_file: bool = False
    """Whether the answer comes only when the file is made."""


class ApiStyle(Protocol):
    """One way in which the create call is written."""

    def check(self, request: Request) -> None:
        """Raise OrderError, naming Kie.ai's input, for the first one that cannot be written in this style."""
        ...

    def file_links(self, request: Request) -> tuple[str, ...]:
        """Return the links in a checked request whose bytes go into the call: `write` needs them in the request."""
        ...

    def write(self, request: Request, callback_url: str | None) -> CreateCall:
        """Write the call for a checked request. `callback_url` is where Kie.ai tells of its end, if the call takes it.

        Raises OrderError if an input is no JSON.
        """
        ...


def dump_json(body: JSON) -> bytes:
    """Return the body as JSON; raises OrderError if it holds a value that JSON has no word for."""
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (TypeError, ValueError):
        message = "The request holds a value that JSON has no word for."
        raise OrderError(message, remedy="Take it out.") from None
