"""Make a picture as an MCP client, and print how it gets on. Runs on the sandbox: no key, no cost."""

import sys
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

SERVER = StdioServerParameters(command=sys.executable, args=["-m", "kie_mcp", "--sandbox", "--speed", "2"])
# With a key, for 4 credits ($0.02): args=["-m", "kie_mcp"], env={"KIE_API_KEY": "your key"}


async def show(progress: float, total: float | None, message: str | None) -> None:
    """Print one progress notification."""
    print(f"{progress / total:4.0%}" if total else "    ", message)


async def main() -> None:
    """Make a picture, and print where it was saved and what it cost."""
    async with Client(SERVER) as client:
        order = {"prompt": "a red fox in a raincoat", "wait_seconds": 600}
        result = await client.call_tool("generate_image", order, progress_callback=show)
    if result.is_error:
        raise SystemExit(str(result.content))
    answer: dict[str, Any] = result.structured_content or {}
    print(f"{answer['outputs'][0]['path']}, {answer['credits']['used']:g} credits")


if __name__ == "__main__":
    anyio.run(main)
