"""Check, estimate and translate an order by what is known of its model: its row here, or what Kie.ai says of it."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from kie_mcp.catalog import prices, registry
from kie_mcp.catalog.row_orders import RowOrders
from kie_mcp.catalog.sound_length import SoundLength
from kie_mcp.errors import OrderError
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.jobs.job import Job, Request
from kie_mcp.market.model_orders import ModelOrders
from kie_mcp.market.service import Market
from kie_mcp.orders.order import Order
from kie_mcp.orders.part_file import File
from kie_mcp.urls import is_web_link

_UPLOADED = "https://uploads.invalid/file"
"""Stands for each file that has no link yet while it is checked what can be written."""


class Wire(Protocol):
    """How requests are written for Kie.ai."""

    def check_request(self, request: Request, /) -> None:
        """Raise OrderError, naming Kie.ai's input, for what cannot be written."""
        ...

    async def load_files(self, request: Request, /) -> Request:
        """Return the request with the bytes of what is sent as a file. Raises OrderError or OutputError."""
        ...


class OrderRules:
    """What is known of the models of orders.

    Args:
        wire: Says what can be written for Kie.ai.
        market: Knows the models that have no row.
        plain_host: The host and port of a sandbox, if one is used.
    """

    def __init__(self, wire: Wire, market: Market, *, plain_host: str | None = None) -> None:
        self._wire = wire
        self._row_orders = RowOrders(plain_host=plain_host)
        self._model_orders = ModelOrders(market, plain_host=plain_host)

    async def check(self, order: Order) -> tuple[Order, str]:
        """Return the order as it will be stored, and a remark about it that may be empty.

        Raises OrderError for the first thing that its model does not take, or that cannot be written for Kie.ai.
        """
        checked, remark = await self._find(order).check(order)
        with self._name_arguments(checked):
            self._wire.check_request(self._build(checked, dict.fromkeys(checked.inputs(), _UPLOADED)))
        return checked, remark

    async def estimate(
        self, order: Order, audio: SoundLength | None, finished: Sequence[Job], *, side: int | None = None
    ) -> Estimate | None:
        """Estimate the credits of a checked order; None if its price is not known.

        Args:
            order: The order.
            audio: How long its sound lasts, as far as that is known.
            finished: Jobs that succeeded: what they cost corrects the prices.
            side: The pixels of the longer side of its picture, if they are known.
        """
        if registry.find_row(order):
            return prices.estimate(order, audio=audio, side=side, finished=finished)
        return await self._model_orders.estimate(order, seconds=audio and audio.usual)

    async def make_request(self, order: Order, links: Mapping[str, str]) -> Request:
        """Make the request of a checked order, whose files have these links, by argument."""
        with self._name_arguments(order):
            return await self._wire.load_files(self._build(order, links))

    def _find(self, order: Order) -> RowOrders | ModelOrders:
        return self._row_orders if registry.models(order.kind) else self._model_orders

    def _build(self, order: Order, links: Mapping[str, str]) -> Request:
        """Build the request of a checked order, whose files have these links, by argument.

        A link that a caller gave is kept as it is, and is the only one that may not be fetched from here.
        """
        given = order.inputs()
        own = {argument: link for argument, link in links.items() if not _is_web_link(given[argument])}
        return replace(self._find(order).build(order.with_files(own)), own_links=frozenset(own.values()))

    @contextmanager
    def _name_arguments(self, order: Order) -> Generator[None]:
        """Name arguments of the order in place of Kie.ai's inputs in the OrderErrors of a block."""
        try:
            yield
        except OrderError as error:
            if not error.argument:
                raise
            raise error.with_facts(argument=self._find(order).argument_of(order, error.argument)) from None


def _is_web_link(file: File) -> bool:
    return isinstance(file, str) and is_web_link(file)
