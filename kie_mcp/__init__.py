"""Make pictures, speech and talking videos with Kie.ai: AI assistants use the MCP server, programs `KieClient`."""

TYPE_CHECKING = False  # type checkers take it as true; importing it from typing would cost more than all the rest here
if TYPE_CHECKING:
    from kie_mcp.errors import (
        BusyError,
        CallbackError,
        CredentialError,
        CreditError,
        DeadLinkError,
        KieError,
        LookError,
        MissingKeyError,
        NetworkSetupError,
        NotCreatedError,
        NotVisibleError,
        NotYetError,
        OrderError,
        OutputError,
        RefusedError,
        TransientError,
        UnavailableError,
        UnconfirmedError,
        UnreachableError,
    )
    from kie_mcp.jobs.job import Look, Request, Verdict
    from kie_mcp.kie.callbacks import verify_callback
    from kie_mcp.kie.client import KieClient

__version__ = "0.1.0"

__all__ = [
    "BusyError",
    "CallbackError",
    "CredentialError",
    "CreditError",
    "DeadLinkError",
    "KieClient",
    "KieError",
    "Look",
    "LookError",
    "MissingKeyError",
    "NetworkSetupError",
    "NotCreatedError",
    "NotVisibleError",
    "NotYetError",
    "OrderError",
    "OutputError",
    "RefusedError",
    "Request",
    "TransientError",
    "UnavailableError",
    "UnconfirmedError",
    "UnreachableError",
    "Verdict",
    "__version__",
    "verify_callback",
]

_MODULES = {
    "KieClient": "kie_mcp.kie.client",
    "Look": "kie_mcp.jobs.job",
    "Request": "kie_mcp.jobs.job",
    "Verdict": "kie_mcp.jobs.job",
    "verify_callback": "kie_mcp.kie.callbacks",
}
"""The modules of the names that are not errors; all others are in `kie_mcp.errors`."""


def __getattr__(name: str) -> object:
    """Return what has that name, imported when it is first asked for: asking for the version loads nothing else.

    Raises:
        AttributeError: There is no such name.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(_MODULES.get(name, "kie_mcp.errors")), name)
    return found


def __dir__() -> list[str]:
    """Return the names that can be imported."""
    return __all__
