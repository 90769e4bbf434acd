"""What most commands need to run: the settings, an event loop, and a sandbox if one is asked for."""

import argparse
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from kie_mcp.optional_packages import require_sandbox

if TYPE_CHECKING:  # the settings load pydantic, which --help and --version do without
    from kie_mcp.settings import Settings


def read_settings(arguments: argparse.Namespace, *, http: bool = False) -> "Settings":
    """Read the settings from the environment, and send the log to standard error.

    Raises SettingsError, or MissingExtraError if a sandbox cannot run.
    """
    from kie_mcp.log_format import log_to_stderr
    from kie_mcp.setting_values import SettingsError
    from kie_mcp.settings import Settings

    if arguments.sandbox:
        require_sandbox()
    elif arguments.speed is not None:
        message = "--speed is for the sandbox: Kie.ai works at its own speed."
        raise SettingsError(message, remedy="Add --sandbox, or leave --speed out.")
    settings = Settings.from_environment(http=http)
    # The SDK would log by rich, which hides no secret, and Python as it is.
    log_to_stderr(settings.log_level, settings.log_format, settings.secrets)
    return settings


def run_async(main_coroutine: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine and return its exit code."""

    async def run() -> int:
        return await main_coroutine

    try:
        import anyio

        return anyio.run(run)
    finally:  # Ctrl-C may come before it has begun, and Python would complain about that
        main_coroutine.close()


@asynccontextmanager
async def use_settings(settings: "Settings", arguments: argparse.Namespace) -> AsyncGenerator["Settings"]:
    """Yield the settings that a server with the same arguments would use; with --sandbox, run one for the block."""
    if not arguments.sandbox:
        yield settings
        return
    from kie_mcp.app import start_sandbox

    async with start_sandbox(settings, speed=arguments.speed or 1.0) as own:
        yield own
