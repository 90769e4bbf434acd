"""Pictures, speech and talking videos from Kie.ai, for AI assistants over MCP; `KieClient` is for programs."""

TYPE_CHECKING = False  # as type checkers know it: to import it would cost more than all the rest here
if TYPE_CHECKING:
    from kie_mcp.errors import (
        BusyError,
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
    from kie_mcp.kie.client import KieClient

__version__ = "0.1.0"

__all__ = [
    "BusyError",
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
]

_MODULES = {
    "KieClient": "kie_mcp.kie.client",
    "Look": "kie_mcp.jobs.job",
    "Request": "kie_mcp.jobs.job",
    "Verdict": "kie_mcp.jobs.job",
}
"""Where what is no error comes from."""


def __getattr__(name: str) -> object:
    """Load what is asked for only then: whoever asks for the version pays for nothing else."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(_MODULES.get(name, "kie_mcp.errors")), name)
    return found


def __dir__() -> list[str]:
    """List what is there to be imported."""
    return __all__
