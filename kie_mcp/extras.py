"""The optional parts: which of them are not installed, found out without loading any."""

from importlib.util import find_spec

from kie_mcp.errors import KieError

SANDBOX = {"av": "PyAV", "PIL": "Pillow", "rich": "rich", "starlette": "starlette", "uvicorn": "uvicorn"}
"""What the extra `sandbox` brings: module and name."""


class MissingExtraError(KieError):
    """A part was asked for that is not installed."""

    category = "missing_extra"


def missing() -> list[str]:
    """Names of the packages of the extra `sandbox` that are not installed."""
    return [name for module, name in SANDBOX.items() if find_spec(module) is None]


def require_sandbox() -> None:
    """Raises MissingExtraError, with the line that installs it, if the sandbox cannot run here."""
    if absent := missing():
        raise MissingExtraError(
            f"The sandbox needs the extra `sandbox` (not installed: {', '.join(absent)}).",
            remedy="In a checkout: pip install '.[sandbox]'",
        )
