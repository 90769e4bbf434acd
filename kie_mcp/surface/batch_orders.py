"""Lists what a call for several pictures orders: some prompts, and each of them so many times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kie_mcp.errors import OrderError
from kie_mcp.orders.order import ImageOrder
from kie_mcp.surface.arguments.types import MOST_JOBS


@dataclass(frozen=True, slots=True)
class Wish:
    """One picture, or several equal ones."""

    order: ImageOrder
    argument: str
    """The caller's name of its prompt."""
    count: int


def is_batch(prompts: Sequence[str], count: int | None) -> bool:
    """Return whether a call with these arguments orders several pictures, so that a list of jobs is its answer."""
    return bool(prompts) or count not in {None, 1}


def asks_for_batch(arguments: Mapping[str, Any]) -> bool:
    """Return the same of the arguments of a call as they came; those that are wrong are no batch."""
    prompts, count = arguments.get("prompts"), str(arguments.get("count") or "").strip()
    return bool(prompts) or (count.isdecimal() and int(count) > 1)


def list_wishes(order: ImageOrder, prompts: Sequence[str], count: int) -> list[Wish]:
    """List what is ordered: the order with each of the prompts, or as it is without any; each *count* times.

    Raises OrderError if prompt is given too, or if that is too much for one call.
    """
    if not 1 <= count <= MOST_JOBS:
        problem = f"{str(count)[:20]} given; 1 to {MOST_JOBS} are allowed."
        raise OrderError(problem, argument="count", remedy="Order that many, or call several times.")
    if prompts and order.prompt:
        remedy = "Give prompt for one text, or prompts for several."
        raise OrderError("both given.", argument="prompt, prompts", remedy=remedy)
    if (jobs := max(len(prompts), 1) * count) > MOST_JOBS:
        each = f" of {count} pictures each" if count > 1 else ""
        problem = f"{len(prompts)} texts{each} given, {jobs} jobs; one call makes at most {MOST_JOBS}."
        raise OrderError(problem, argument="prompts", remedy="Order fewer at a time.")
    if not prompts:
        return [Wish(order, "prompt", count)]
    texts = (order.model_copy(update={"prompt": prompt}) for prompt in prompts)
    return [Wish(one, f"prompts[{index}]", count) for index, one in enumerate(texts)]
