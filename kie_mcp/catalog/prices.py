"""Estimate what an order will cost, before it is sent: by its model's row, corrected by what such jobs really cost."""

import json
from collections.abc import Iterable
from itertools import islice

from pydantic import ValidationError

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


def estimate(order: Order, *, audio: SoundLength | None = None, finished: Iterable[Job] = ()) -> Estimate | None:
    """Estimate the credits that a checked order costs; None if that depends on a length that is not known.

    Args:
        order: The order, as `requests.check` returned it.
        audio: The length of its sound, if it has one that is known.
        finished: Jobs that succeeded, newest first: what they cost counts more than the row.
    """
    least, most = order.units(audio and audio.least), order.units(audio and audio.most)
    if least is None or most is None or (each := estimate_unit(order, finished)) is None:
        return None
    return Estimate(round(each.least * least, 3), round(each.most * most, 3))


def estimate_unit(order: Order, finished: Iterable[Job]) -> Estimate | None:
    """Estimate the credits for one unit of an order; None if neither the row nor finished jobs tell."""
    row = _read_row(order)
    charged = (_find_charge(job, order) for job in finished)
    charges = list(islice((each for each in charged if each is not None), RECENT))
    if sum(not _is_same(each, row) for each in charges) >= ENOUGH:
        return Estimate(min(each.least for each in charges), max(each.most for each in charges))
    return row


def _read_row(order: Order) -> Estimate | None:
    """Return the credits for one unit by the row; a range if they depend on the size of what comes out."""
    price = find(order.model, order.kind).price
    each = price.by_side.values() or [price.credits[size] for size in (order.size,) if size in price.credits]
    return Estimate(min(each), max(each)) if each else None


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
