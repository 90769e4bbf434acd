"""What can go wrong with a store of jobs."""

from kie_mcp.errors import KieError


class LedgerError(KieError):
    """The ledger cannot be used."""

    category = "ledger"


class StaleJobError(LedgerError):
    """Another process has moved the job meanwhile; whoever sees this lets go of it."""


class KeyConflictError(LedgerError):
    """An idempotency key is used again for another order."""

    category = "invalid_argument"
    remedy = "Repeat the order exactly, or choose another idempotency_key."
