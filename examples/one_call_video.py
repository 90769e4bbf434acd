"""Make a face, a voice and the video of both with one call. Runs on the sandbox: no key, no cost."""

import sys

import anyio
from mcp import Client, StdioServerParameters

SERVER = StdioServerParameters(command=sys.executable, args=["-m", "kie_mcp", "--sandbox", "--speed", "20"])
# With a key, for about 20 credits ($0.10): args=["-m", "kie_mcp"], env={"KIE_API_KEY": "your key"}

ORDER = {
    "image_prompt": "a lighthouse keeper with a grey beard, his face seen from the front",
    "script": "Good evening. The light is on, and the sea is calm.",
    "voice": "Brian",
    "prompt": "He speaks slowly, and smiles at the end.",
}


async def main() -> None:
    """Ask what it will cost, order it, and print the answer as a model reads it."""
    async with Client(SERVER) as client:
        for order in (ORDER | {"estimate_only": True}, ORDER | {"wait_seconds": 600}):
            result = await client.call_tool("create_talking_video", order)
            print(*(block.text for block in result.content if block.type == "text"), sep="\n", end="\n\n")


if __name__ == "__main__":
    anyio.run(main)
