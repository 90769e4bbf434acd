"""Make an image as an MCP client, and print the progress. Runs without a key, on a sandbox of its own."""

import sys
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from kie_mcp.sandbox import serve


async def show(progress: float, total: float | None, message: str | None) -> None:
    """Print one progress notification."""
    share = f"{progress / total:4.0%}" if total else f"{progress:3.0f} s"
    print(f"{share}  {message}")


async def main() -> None:
    """Make an image and print where it was saved."""
    async with serve(speed=10) as url:
        env = {"KIE_API_KEY": "sandbox", "KIE_API_BASE_URL": url, "KIE_UPLOAD_BASE_URL": url}
        server = StdioServerParameters(command=sys.executable, args=["-m", "kie_mcp"], env=env)
        async with Client(server) as client:
            order = {"prompt": "a red fox in a raincoat", "wait_seconds": 60}
            result = await client.call_tool("generate_image", order, progress_callback=show)
    answer: dict[str, Any] = result.structured_content or {}
    print(answer["state"], answer["outputs"][0]["path"])


if __name__ == "__main__":
    anyio.run(main)
