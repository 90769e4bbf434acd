"""The credits of the sandbox's account."""

from __future__ import annotations


class CreditBalance:
    """The credits left: a task's price is taken when the task is accepted, and given back when it fails."""

    def __init__(self, balance: float) -> None:
        self.balance = balance

    def take(self, amount: float) -> bool:
        """Take that many credits and return True; return False, and take none, if there are too few."""
        if amount > self.balance + 1e-9:
            return False
        self.balance = round(self.balance - amount, 4)
        return True

    def give_back(self, amount: float) -> None:
        """Undo a `take`."""
        self.balance = round(self.balance + amount, 4)
