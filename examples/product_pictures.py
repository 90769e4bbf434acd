"""Make pictures of three products in one order, within a budget for the day. Runs on the sandbox: no key, no cost."""

import sys

import anyio
from mcp import Client, StdioServerParameters

BUDGET = {"KIE_MAX_CREDITS_PER_DAY": "30"}
SERVER = StdioServerParameters(command=sys.executable, args=["-m", "kie_mcp", "--sandbox", "--speed", "10"], env=BUDGET)
# With a key, for 24 credits ($0.12): args=["-m", "kie_mcp"], env=BUDGET | {"KIE_API_KEY": "your key"}

PROMPTS = [f"{toy} on a plain background, soft light" for toy in ("a plush rabbit", "a brown bear", "a tin robot")]


async def order(client: Client, **more: int) -> list[str]:
    """Order so many pictures of each, and return the answer line by line."""
    result = await client.call_tool("generate_image", {"prompts": PROMPTS, **more})
    return [line for block in result.content if block.type == "text" for line in block.text.splitlines()]


async def main() -> None:
    """Order three pictures of each, which is too much, and then two."""
    async with Client(SERVER) as client:
        for count in (3, 2):
            estimate, *_ = await order(client, count=count, estimate_only=True)
            answer, *rest = await order(client, count=count, wait_seconds=120)
            print(estimate, answer, sep="\n")
            print(*(line for line in rest if line.startswith(("what to do: ", "file: "))), sep="\n", end="\n\n")


if __name__ == "__main__":
    anyio.run(main)
