"""Read the idempotency key of a call, and make those of its jobs out of it."""

from kie_mcp.errors import OrderError


def strip_key(given: str) -> str:
    """Return the key without blanks around it. Raises OrderError if it holds only blanks: it would protect nothing."""
    if given and not given.strip():
        remedy = "Give a key that no other order has, or leave it out."
        raise OrderError("holds blanks only.", argument="idempotency_key", remedy=remedy)
    return given.strip()


def number_keys(given: str, jobs: int) -> list[str]:
    """Make the idempotency keys of so many jobs of one call out of the call's own; empty without one.

    Raises OrderError if it holds only blanks.
    """
    key = strip_key(given)
    return [f"{key}#{number}" if key else "" for number in range(1, jobs + 1)]
