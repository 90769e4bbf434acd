"""Read the envelope of Kie.ai's answers: code, message and data; the code may differ from the HTTP status."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, cast

from kie_mcp.jobs.job import JSON
from kie_mcp.text import clean

LONGEST_WAIT = 60.0
"""The most seconds of a Retry-After; a longer one is cut to this."""
_LARGEST_CODE = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The parts of one answer."""

    http_status: int
    code: int
    """The code in the body; without one, 200 if there is data, else the HTTP status."""
    coded: bool
    """Whether the body had a code."""
    readable: bool
    """Whether the body was a JSON object."""
    content: JSON = field(default_factory=dict[str, Any])
    """The whole body; empty if it is not readable."""
    data: Any = None
    message: str | None = None
    """Kie.ai's message, made safe to show."""
    retry_after: float | None = None
    """Seconds."""

    @property
    def ok(self) -> bool:
        """Whether the code means success, in either dialect."""
        return self.code in {0, 200}

    @property
    def summary(self) -> str:
        """The code or status, as a part of a sentence."""
        if not self.readable:
            return f"HTTP {self.http_status}, no readable JSON"
        return f"code {self.code}" if self.coded else f"HTTP {self.http_status}"


def open_envelope(http_status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Envelope:
    """Read an answer; a body that is no JSON object gives an envelope that is not readable."""
    content = _object(body)
    coded = integer(content.get("code"))
    data = content.get("data")
    fits = content.get("success") is True or (200 <= http_status < 300 and data not in (None, "", {}, []))
    return Envelope(
        http_status=http_status,
        code=coded if coded is not None else 200 if fits else http_status,
        coded=coded is not None,
        readable=bool(content),
        content=content,
        data=data,
        message=_message(content),
        retry_after=_retry_after(headers, now),
    )


def parse_json(text: str | bytes) -> Any:
    """Parse JSON. Raises ValueError, also for endless nesting or numbers."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def mapping(value: object) -> JSON:
    """Return the value if it is a JSON object, else an empty one."""
    return cast("JSON", value) if isinstance(value, dict) else {}


def number(value: object) -> float | None:
    """Read a finite number, also from digits in a string."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        figure = float(value)
    except (ValueError, OverflowError):
        return None
    return figure if math.isfinite(figure) else None


def integer(value: object) -> int | None:
    """Read a whole number of few digits, also from a string."""
    figure = number(value)
    return int(figure) if figure is not None and figure == int(figure) and abs(figure) < _LARGEST_CODE else None


def _object(body: bytes) -> JSON:
    try:
        return mapping(parse_json(body))
    except ValueError:
        return {}


def _message(content: JSON) -> str | None:
    nested = mapping(content.get("error")).get("message")
    given = (content.get("msg"), content.get("message"), nested, content.get("errorMessage"), content.get("detail"))
    return next((words for words in map(clean, given) if words), None)


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds from *now* on, given as seconds or as an HTTP date, at most LONGEST_WAIT."""
    given = next((value.strip() for name, value in headers.items() if name.casefold() == "retry-after"), "")
    seconds = number(given)
    if seconds is None:
        try:
            seconds = parsedate_to_datetime(given).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT)
