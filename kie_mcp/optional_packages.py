"""Which packages of the optional extras are not installed; nothing is imported to find out."""

from collections.abc import Mapping
from importlib.util import find_spec

from kie_mcp.errors import KieError

SANDBOX = {"av": "PyAV", "PIL": "Pillow", "starlette": "starlette", "uvicorn": "uvicorn"}
"""The packages of the extra `sandbox`: the module to import, and the package's name."""
PREVIEW = {"av": "PyAV", "PIL": "Pillow"}
"""The packages of the extra `preview`."""
CONVERT = {"av": "PyAV", "pi_heif": "pi-heif", "PIL": "Pillow"}
"""The packages of the extra `convert`."""
TELEMETRY = {
    "opentelemetry.sdk": "opentelemetry-sdk",
    "opentelemetry.exporter.otlp.proto.http": "opentelemetry-exporter-otlp-proto-http",
}
"""The packages of the extra `telemetry`."""
TERMINAL = {"textual_image": "textual-image", "PIL": "Pillow"}
"""The packages of the extra `terminal`."""
SOCKS = {"socksio": "socksio"}
"""The packages of the extra `socks`."""


class MissingExtraError(KieError):
    """Something was asked for that needs an extra, and the extra is not installed."""

    category = "missing_extra"


def missing_packages(extra: Mapping[str, str] = SANDBOX) -> list[str]:
    """Return the names of an extra's packages that are not installed."""
    return [name for module, name in extra.items() if not _is_installed(module)]


def install_hint(extra: str) -> str:
    """Return the command that installs an extra."""
    return f"In a checkout: pip install '.[{extra}]'"


def require_sandbox() -> None:
    """Raise MissingExtraError, which tells how to install it, if the sandbox's packages are missing."""
    if absent := missing_packages():
        raise MissingExtraError(
            f"The sandbox needs the extra `sandbox` (not installed: {', '.join(absent)}).",
            remedy=install_hint("sandbox"),
        )


def require_preview() -> None:
    """Raise MissingExtraError, which tells how to install it, if the packages that draw previews are missing."""
    if absent := missing_packages(PREVIEW):
        raise MissingExtraError(
            f"A preview needs the extra `preview` (not installed: {', '.join(absent)}).",
            remedy=f"Install it where the server runs. {install_hint('preview')}",
        )


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it would be in
        return False
