"""The optional parts: which of them are not installed, found out without loading any."""

from collections.abc import Mapping
from importlib.util import find_spec

from kie_mcp.errors import KieError

SANDBOX = {"av": "PyAV", "PIL": "Pillow", "rich": "rich", "starlette": "starlette", "uvicorn": "uvicorn"}
"""What the extra `sandbox` brings: module and name."""
PREVIEW = {"av": "PyAV", "PIL": "Pillow"}
"""The same of `preview`."""
CONVERT = {"av": "PyAV", "pi_heif": "pi-heif", "PIL": "Pillow"}
"""The same of `convert`."""
SOCKS = {"socksio": "socksio"}
"""The same of `socks`."""


class MissingExtraError(KieError):
    """A part was asked for that is not installed."""

    category = "missing_extra"


def missing_packages(extra: Mapping[str, str] = SANDBOX) -> list[str]:
    """Names of the packages of an extra that are not installed."""
    return [name for module, name in extra.items() if find_spec(module) is None]


def install_hint(extra: str) -> str:
    """The line that installs an extra."""
    return f"In a checkout: pip install '.[{extra}]'"


def require_sandbox() -> None:
    """Raises MissingExtraError, with the line that installs it, if the sandbox cannot run here."""
    if absent := missing_packages():
        raise MissingExtraError(
            f"The sandbox needs the extra `sandbox` (not installed: {', '.join(absent)}).",
            remedy=install_hint("sandbox"),
        )


def require_preview() -> None:
    """Raises MissingExtraError, with the line that installs it, if no preview can be drawn here."""
    if absent := missing_packages(PREVIEW):
        raise MissingExtraError(
            f"A preview needs the extra `preview` (not installed: {', '.join(absent)}).",
            remedy=f"Install it where the server runs. {install_hint('preview')}",
        )
