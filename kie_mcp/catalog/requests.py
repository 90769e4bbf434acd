"""Turn an order into the request for Kie.ai: check it against its model, then use Kie.ai's names and values."""

from collections.abc import Mapping
from typing import Any, TypeVar

from kie_mcp.catalog.registry import find, find_row, models
from kie_mcp.catalog.validate import OrderValidator
from kie_mcp.errors import OrderError
from kie_mcp.jobs.job import JSON, Request
from kie_mcp.orders.order import Order
from kie_mcp.text import literal

AnOrder = TypeVar("AnOrder", bound=Order)


def check(order: AnOrder, *, plain_host: str | None = None) -> AnOrder:
    """Return the order as it will be sent: with the model's id, Kie.ai's spelling of choices, and defaults filled in.

    Raises OrderError for the first argument that the model does not take. Uses no network.
    """
    model = find(order.model, order.kind)
    named_edit = model.edit_id is not None and order.model.strip().casefold().endswith("-edit")
    if named_edit and not order.inputs():
        problem = f"{model.edit_id} changes pictures, and none was given."
        remedy = f"Give a picture, or use {model.id} to make one from words."
        raise OrderError(problem, argument="images", remedy=remedy)

    def takers(row: str) -> list[str]:
        return [other.id for other in models(order.kind) if getattr(other.takes, row)]

    return OrderValidator(model=model.id, takes=model.takes, plain_host=plain_host, takers=takers).check(order)


def model_id(order: Order) -> str:
    """Return Kie.ai's id of the model that makes a checked order: for changing pictures it may be another."""
    model = find_row(order)
    if model is None:
        return order.model
    return model.edit_id if model.edit_id and order.inputs() else model.id


def build(order: Order, links: Mapping[str, str]) -> Request:
    """Build the request of a checked order.

    Args:
        order: The order, as `check` returned it.
        links: A URL that Kie.ai can read for each file, by the file's reference in the order.

    Raises OrderError if a file that is not an https URL has no link.
    """
    model = find(order.model, order.kind)
    inputs: JSON = dict(model.always)
    for name, key in model.inputs.items():
        value = getattr(order, name)
        if value != type(order).model_fields[name].default:
            sent = _replace_links(name, value, links) if name in order.file_fields else value
            inputs[key] = sent[0] if name in model.single else sent
    return Request(model_id(order), inputs)


def argument_of(order: Order, name: str) -> str:
    """Return the argument of the order from which Kie.ai's input of that name is made."""
    named = {key: argument for argument, key in find(order.model, order.kind).inputs.items()}
    return named.get(name, name)


def _replace_links(name: str, value: str | tuple[str, ...], links: Mapping[str, str]) -> Any:
    if isinstance(value, tuple):
        return [_replace_links(name, one, links) for one in value]
    link = links.get(value, value)
    if link.startswith(("kie://", "file:", "data:")):
        problem = f"{literal(value)} has no link yet."
        raise OrderError(problem, argument=name, remedy="Wait until that job has succeeded.")
    return link
