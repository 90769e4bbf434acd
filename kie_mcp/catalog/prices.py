"""Estimate what an order will cost, before it is sent."""

from kie_mcp.catalog.registry import find
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.orders.order import Order


def estimate(order: Order, *, audio_seconds: float | None = None) -> Estimate | None:
    """Estimate the credits that a checked order costs; None if that depends on a length that is not known."""
    each = find(order.model, order.kind).price.credits.get(order.size)
    units = order.units(audio_seconds)
    if each is None or units is None:
        return None
    amount = round(each * units, 2)
    return Estimate(amount, amount)
