"""What an order should cost, before it is sent."""

from kie_mcp.catalog.registry import find
from kie_mcp.orders.order import Order, SpeechOrder


def estimate(order: Order, *, audio_seconds: float | None = None) -> float | None:
    """Return the credits that a checked order should cost; None if that hangs on a length that nobody knows."""
    price = find(order.model, order.kind).price
    each = price.credits.get(resolution(order))
    match price.per:
        case "image":
            units = 1.0
        case "1000 characters":
            units = len(order.text) / 1000 if isinstance(order, SpeechOrder) else None
        case "second":
            units = audio_seconds
    return None if each is None or units is None else round(each * units, 2)


def resolution(order: Order) -> str:
    """Return the resolution that the order is made in; empty for what has none."""
    return "" if isinstance(order, SpeechOrder) else order.resolution
