"""The type of texts that can be sent to Kie.ai; others are refused, and the error names the character and its place."""

import re
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo

from kie_mcp.errors import OrderError

# Control characters but newline and tab, and halves of surrogate pairs, which no UTF-8 can carry.
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def check_sendable(text: str, argument: str) -> str:
    """Return the text with a newline at the end of each line. Raises OrderError if it cannot be sent."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _UNSENDABLE.search(text):
        problem = (
            f"holds the character U+{ord(found[0]):04X} at position {found.start() + 1:,}; "
            "control characters other than newline and tab, and halves of surrogate pairs, are not allowed."
        )
        raise OrderError(problem, argument=argument, remedy="Take the character out.")
    return text


def _check_sendable(value: object, info: ValidationInfo) -> object:
    return check_sendable(value, info.field_name or "") if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_check_sendable)]
