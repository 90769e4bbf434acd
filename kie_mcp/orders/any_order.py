"""Read an order of any kind back from the JSON in which it was written down."""

from typing import Annotated, TypeAlias

from pydantic import Field, TypeAdapter

from kie_mcp.orders.model_order import ModelOrder
from kie_mcp.orders.order import ImageOrder, Order, SpeechOrder, TalkingVideoOrder

_AnyOrder: TypeAlias = Annotated[ImageOrder | SpeechOrder | TalkingVideoOrder | ModelOrder, Field(discriminator="kind")]
_ORDER: TypeAdapter[ImageOrder | SpeechOrder | TalkingVideoOrder | ModelOrder] = TypeAdapter(_AnyOrder)


def load_order(text: str | bytes) -> Order:
    """Read an order that `order.model_dump_json()` wrote. Raises pydantic's ValidationError if the text is no order."""
    return _ORDER.validate_json(text)
