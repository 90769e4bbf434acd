"""Estimate what an order will cost, before it is sent: by its model's row, corrected by what such jobs really cost."""

import json
from collections.abc import Iterable
from itertools import islice

from pydantic import ValidationError

from kie_mcp.catalog.model import Price
from kie_mcp.catalog.registry import find
from kie_mcp.catalog.sound_length import SoundLength
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.jobs.job import Job
from kie_mcp.orders.any_order import load_order
from kie_mcp.orders.order import Order

RECENT = 5
"""The newest jobs of a model and size that say what it costs now."""
ENOUGH = 3
"""So many of them must differ from the row before it counts no more."""
SAME = 0.01
"""The share by which a charge may differ from the row and still be the same: charges are rounded."""
BLUR = 0.1
"""The seconds by which the length of a file may differ from the length that was paid for."""


def estimate(
    order: Order, *, audio: SoundLength | None = None, side: int | None = None, finished: Iterable[Job] = ()
) -> Estimate | None:
    """Estimate the credits that a checked order costs; None if that depends on a length that is not known.

    Args:
        order: The order, as `requests.check` returned it.
        audio: The length of its sound, if it has one that is known.
        side: The pixels of the longer side of its picture, if they are known.
        finished: Jobs that succeeded, newest first: what they cost counts more than the row.
    """
    least, most = order.units(audio and audio.least), order.units(audio and audio.most)
    if least is None or most is None or (each := estimate_unit(order, finished, side=side)) is None:
        return None
    return Estimate(round(each.least * least, 3), round(each.most * most, 3))


def estimate_unit(order: Order, finished: Iterable[Job], *, side: int | None = None) -> Estimate | None:
    """Estimate the credits for one unit of an order; None if neither the row nor finished jobs tell."""
    row = _read_row(order, side)
    charged = (_find_charge(job, order) for job in finished)
    charges = list(islice((each for each in charged if each is not None), RECENT))
    if sum(not _is_same(each, row) for each in charges) >= ENOUGH:
        return Estimate(min(each.least for each in charges), max(each.most for each in charges))
    return row


def _read_row(order: Order, side: int | None) -> Estimate | None:
    """Return the credits for one unit by the row; a range if they depend on a size that is not known."""
    price = find(order.model, order.kind).price
    if price.by_side:
        return _read_price_by_side(price, None if side is None else side * int(order.size or 1))
    each = price.credits.get(order.size)
    return None if each is None else Estimate(each, each)


def _read_price_by_side(price: Price, side: int | None) -> Estimate:
    """Return the credits for a picture whose longer side comes out with so many pixels; None is not known."""
    enough = [each for most, each in sorted(price.by_side.items()) if side is None or side <= most]
    each = enough if side is None else enough[:1]
    each = each or [max(price.by_side.values())]
    return Estimate(min(each), max(each))


def _is_same(charge: Estimate, row: Estimate | None) -> bool:
    return row is not None and charge.least * (1 - SAME) <= row.most and row.least <= charge.most * (1 + SAME)


def _find_charge(job: Job, order: Order) -> Estimate | None:
    """Return the credits that a unit of a job has cost; None if that is not known, or it is not such a job."""
    if (job.kind, job.model) != (order.kind, order.model) or not job.credits_used or not job.outputs:
        return None
    try:
        made = load_order(json.dumps(job.order))
    except ValidationError:  # made elsewhere, or by another version
        return None
    units = made.units(job.outputs[0].duration_s)
    blur = BLUR if made.units(None) is None else 0.0
    if units is None or units <= 2 * blur or made.size != order.size:
        return None
    return Estimate(job.credits_used / (units + blur), job.credits_used / (units - blur))
