"""Check, estimate and translate the orders of models that have a row here."""

from typing import TypeVar

from kie_mcp.catalog import requests
from kie_mcp.jobs.job import Request
from kie_mcp.orders.order import Order

AnOrder = TypeVar("AnOrder", bound=Order)


class RowOrders:
    """The same for models with a row as `market.model_orders.ModelOrders` is for all others."""

    def __init__(self, *, plain_host: str | None = None) -> None:
        self._plain_host = plain_host

    async def check(self, order: AnOrder) -> tuple[AnOrder, str]:
        """Return the order as it will be stored, and no remark. Raises OrderError for the first thing that is wrong."""
        return requests.check(order, plain_host=self._plain_host), ""

    def build(self, order: Order) -> Request:
        """Build the request of a checked order whose files are links that Kie.ai can read."""
        return requests.build(order, {})

    def argument_of(self, order: Order, name: str) -> str:
        """Return the caller's name of Kie.ai's input of that name."""
        return requests.argument_of(order, name)
