"""Text that can be sent: refused with the place of the character that cannot."""

import re
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo

from kie_mcp.errors import OrderError

# Control characters but newline and tab, and halves of surrogate pairs, which no UTF-8 can carry.
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _sendable(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if found := _UNSENDABLE.search(text):
        problem = (
            f"holds the character U+{ord(found[0]):04X} at position {found.start() + 1:,}; "
            "control characters other than newline and tab, and halves of surrogate pairs, are not allowed."
        )
        raise OrderError(problem, argument=info.field_name or "", remedy="Take the character out.")
    return text


Text = Annotated[str, BeforeValidator(_sendable)]
