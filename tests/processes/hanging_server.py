"""A server over HTTP one of whose threads hangs for good, as on a disk that is gone: for a process of its own."""

import sys
import threading

import anyio

from kie_mcp.forced_exit import ExitDeadline, exit_despite_threads
from kie_mcp.http.server import HttpAccess, serve_http
from kie_mcp.media.worker_threads import run_in_thread
from kie_mcp.settings import Settings

NEVER = threading.Event()


async def serve() -> None:
    """Serve until told to leave."""
    async with anyio.create_task_group() as group:
        group.start_soon(run_in_thread, NEVER.wait)
        access = HttpAccess("127.0.0.1", 0)
        await serve_http(Settings.from_environment(), access, lambda url: print(url, file=sys.stderr))  # noqa: T201
        group.cancel_scope.cancel()


if __name__ == "__main__":
    if sys.argv[1:] == ["told"]:
        ExitDeadline(0.3).start()
        NEVER.wait()
    before = set(threading.enumerate())
    anyio.run(serve)
    exit_despite_threads(before, 0)
