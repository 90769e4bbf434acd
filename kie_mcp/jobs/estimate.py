"""What a job should cost before it is done, as a range of credits, and how such a range is written."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """Credits that a job should cost: at the least and at the most. Both are the same if nothing is uncertain."""

    least: float
    most: float


def format_credits(estimate: Estimate) -> str:
    """Format credits as people say them: "4 credits", "7.7-14 credits".

    A range is rounded outwards, so that it promises nothing.
    """
    least, most = estimate.least, estimate.most
    if least == most:
        return f"{most:,.10g} credit{'' if most == 1 else 's'}"
    step = 1 if most >= 10 else 10 if most >= 1 else 100
    return f"{math.floor(least * step) / step:,g}-{math.ceil(most * step) / step:,g} credits"
