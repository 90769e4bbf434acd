"""Check the orders of models that have no row here, against what Kie.ai itself says of each model."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from kie_mcp.catalog.reference_form import check_reference
from kie_mcp.errors import CredentialError, OrderError, UnavailableError
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.jobs.job import JSON, Request
from kie_mcp.market.input_schema import InputSchema
from kie_mcp.market.media_fields import find_media_families, find_undescribed_families
from kie_mcp.market.model_facts import find_makes
from kie_mcp.market.service import Market
from kie_mcp.orders.json_texts import change_texts, list_texts
from kie_mcp.orders.kind import Family
from kie_mcp.orders.model_order import INPUT
from kie_mcp.orders.order import Order
from kie_mcp.text import literal

UNCHECKED = "Kie.ai publishes no description of this model's input, so the input is sent unchecked."
_EXAMPLE = "https://example.com/file"
"""Stands for a file while an input is checked: whatever names it now, Kie.ai gets an https URL."""
_FAMILIES: Mapping[str, Family] = {"image": "image", "audio": "audio", "video": "video"}
_FILE_SCHEMES = ("kie://", "data:", "file:")

_TASK_ID = re.compile(r"(?:^|\.)(?:\w+_)?(?:task|original)_?ids?(?:\[\d+\])?$", re.IGNORECASE)
_OURS = re.compile(r"\s*(?:kie://jobs/)?job_")

AnOrder = TypeVar("AnOrder", bound=Order)


class ModelOrders:
    """Checks orders by descriptions, estimates them by prices in words, and makes the requests for them."""

    def __init__(self, market: Market, *, plain_host: str | None = None) -> None:
        self._market = market
        self._plain_host = plain_host

    async def check(self, order: AnOrder) -> tuple[AnOrder, str]:
        """Return the order as it will be stored, and a remark about it that may be empty.

        Raises OrderError for the first thing that the model does not take, UnavailableError if it cannot be known what
        it takes, and CredentialError if Kie.ai does not say so for lack of a key. Sends nothing of the order.
        """
        known = await self._market.find(order.model)
        found = await self._market.read_schema(known.id)
        if (schema := found.schema) is None and found.source == "snapshot":
            if isinstance(found.problem, CredentialError | OrderError):  # waiting mends neither
                raise found.problem
            raise UnavailableError(
                f"Kie.ai did not say what input {known.id} takes, so it cannot be checked. Nothing was sent.",
                remedy="Call again in a minute: it is asked again then.",
            )
        given: JSON = getattr(order, INPUT)
        if not (given or schema):
            raise OrderError("is empty.", argument=INPUT, remedy="Kie.ai's page of the model says what it takes.")
        families = find_families(given, schema)

        def check(place: str, text: str) -> str:
            if place not in families:
                return text
            return check_reference(text, argument=f"{INPUT}.{place}", plain_host=self._plain_host)

        cleaned = change_texts(given, check)
        _check_task_ids(cleaned)
        if schema:
            schema.check(change_texts(cleaned, lambda place, text: _EXAMPLE if place in families else text))
        makes = _FAMILIES.get(find_makes(known))
        changes: dict[str, Any] = {"model": known.id, INPUT: cleaned, "media": families, "makes": makes}
        return order.model_copy(update=changes), "" if schema else UNCHECKED

    async def estimate(self, order: Order, *, seconds: float | None = None) -> Estimate | None:
        """Estimate the credits of a checked order by the price in Kie.ai's words; None if that is not certain.

        *seconds* is how long its sound is, if that is known. It is the length of the result only if that is the one
        file which has a length.
        """
        lengths = [family for family in map(order.family_of, order.files()) if family != "image"]
        seconds = seconds if lengths == ["audio"] else None
        return await self._market.estimate(order.model, getattr(order, INPUT), seconds=seconds)

    def build(self, order: Order) -> Request:
        """Build the request of a checked order whose files are links that Kie.ai can read.

        Raises OrderError if one of them is not.
        """
        for argument, reference in order.files().items():
            if reference.startswith(_FILE_SCHEMES):
                problem = f"{literal(reference)} has no link yet."
                raise OrderError(problem, argument=argument, remedy="Wait until that job has succeeded.")
        return Request(order.model, getattr(order, INPUT))

    def argument_of(self, _order: Order, name: str) -> str:
        """Return the caller's name of Kie.ai's input of that name."""
        return f"{INPUT}.{name}"


def _check_task_ids(given: JSON) -> None:
    """Raise OrderError if an id of ours stands where Kie.ai wants its own id of a job."""
    for place, text in list_texts(given):
        if _TASK_ID.search(place) and _OURS.match(text):
            problem = f"{literal(text)} is an id that Kie.ai does not know: it has its own of each job."
            remedy = "Give the kie_task_id that get_job_status tells of that job once it was sent."
            raise OrderError(problem, argument=f"{INPUT}.{place}", remedy=remedy)


def find_families(given: JSON, schema: InputSchema | None) -> dict[str, Family | None]:
    """Return the family of files for each place of an input that names one; without a schema, by name and text."""
    return find_media_families(given, schema) if schema else find_undescribed_families(given)
