"""A server started as the command does it, but at another pace, or one that dies as it is about to send."""

import argparse
import asyncio
import os
import signal

import httpx

from kie_mcp.app import create_server
from kie_mcp.jobs.timing import STANDARD
from kie_mcp.kie.client import KieClient
from kie_mcp.settings import Settings
from kie_mcp.stdio_server import serve_stdio


class DyingTransport(httpx.AsyncBaseTransport):
    """The network, for all but create calls."""

    def __init__(self) -> None:
        self._network = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Kill this process where the network would have been asked to create a job."""
        if request.url.path.endswith("/createTask"):
            os.kill(os.getpid(), signal.SIGKILL)
        return await self._network.handle_async_request(request)


async def serve(arguments: argparse.Namespace) -> None:
    """Serve one client over standard input and output."""
    settings, timing = Settings.from_environment(), STANDARD.scale(arguments.pace)
    if arguments.signals:
        await serve_stdio(settings, timing=timing)
        return
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    kie = KieClient(
        key,
        base_url=settings.api_base_url,
        upload_base_url=settings.upload_base_url,
        transport=DyingTransport() if arguments.die else None,
    )
    await create_server(settings, kie=kie, timing=timing).run_stdio_async()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--pace", type=float, default=1.0, help="how long everything takes, as a share of the usual")
    parser.add_argument("--die", action="store_true", help="at the first create call, before anything is sent")
    parser.add_argument("--signals", action="store_true", help="leave on signals too")
    asyncio.run(serve(parser.parse_args()))
