"""What a job should cost before it is done, as a range of credits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """Credits that a job should cost: at the least and at the most. Both are the same if nothing is uncertain."""

    least: float
    most: float
