"""Start the server for one client over standard input and output, and end it on a signal."""

import io
import os
import sys
from contextlib import suppress
from typing import cast

import anyio

from kie_mcp.app import create_server, start_sandbox
from kie_mcp.console import output_error
from kie_mcp.forced_exit import ExitDeadline
from kie_mcp.jobs.timing import STANDARD, Timing
from kie_mcp.settings import Settings
from kie_mcp.stop_signals import receive_stop_signals
from kie_mcp.surface.server import KieServer
from kie_mcp.surface.stdio.hand_over import HandOver
from kie_mcp.surface.tenant import Tenants
from kie_mcp.telemetry.setup import make_observer


async def serve_stdio(
    settings: Settings,
    *,
    sandbox: bool = False,
    speed: float = 1.0,
    timing: Timing = STANDARD,
    hand_over: HandOver | None = None,
) -> None:
    """Serve one client over standard input and output until it disconnects.

    Args:
        settings: What the user has set.
        sandbox: Whether to start a sandbox and use it in place of Kie.ai.
        speed: How many times faster than Kie.ai the sandbox works.
        timing: How long everything takes; tests make it shorter.
        hand_over: What the start has read, if it has answered the client's first requests.

    Raises ConsoleError if standard output cannot be written, and LedgerError if the ledger cannot be opened.
    """
    if not sandbox:
        await _serve(create_server(settings, observer=make_observer(settings.telemetry), timing=timing), hand_over)
        return
    async with start_sandbox(settings, speed=speed) as own:
        observer = make_observer(own.telemetry)
        await _serve(create_server(own, observer=observer, sandbox=True, timing=timing), hand_over)


async def _serve(server: KieServer, hand_over: HandOver | None) -> None:
    if hand_over and hand_over.opening_id:  # its client was greeted: what is wrong is said in the answers to its calls
        server.tenants.opens_anyway = True
    else:  # before standard input is read: a thread that waits for its client to write cannot be ended
        await server.tenants.ready()
    with suppress(AttributeError):
        # What is printed while it serves goes to stderr, by the SDK. What is still buffered would mix with answers.
        cast("io.TextIOWrapper", sys.stdout).reconfigure(line_buffering=True)
    async with anyio.create_task_group() as group:
        group.start_soon(_leave_on_signal, server.tenants)
        try:
            await server.run_stdio_async(hand_over)
        except OSError as error:
            raise output_error(error) from None
        group.cancel_scope.cancel()


async def _leave_on_signal(tenants: Tenants) -> None:
    """Wait for a signal; then write down what is in flight and end the process, whatever else is running."""
    with receive_stop_signals() as signals:
        async for _ in signals:
            ExitDeadline().start()
            await tenants.stop()
            os._exit(0)
