"""Make a greeting card that speaks, from three orders that do not wait for each other. Runs on the sandbox: no key."""

import sys
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

SERVER = StdioServerParameters(command=sys.executable, args=["-m", "kie_mcp", "--sandbox", "--speed", "20"])
# With a key, for about 20 credits ($0.10): args=["-m", "kie_mcp"], env={"KIE_API_KEY": "your key"}

CARD = "a smiling panda with a red scarf, its face large and seen from the front, falling confetti, no lettering"
GREETING = "Happy birthday, Ada! May your year be as sweet as your cake."


async def call(client: Client, tool: str, **order: Any) -> dict[str, Any]:
    """Call a tool and return its answer."""
    result = await client.call_tool(tool, order)
    if result.is_error:
        raise SystemExit(str(result.content))
    return result.structured_content or {}


async def main() -> None:
    """Order the card, the voice, and the video of both at once; then wait for the video alone."""
    async with Client(SERVER) as client:
        card = await call(client, "generate_image", prompt=CARD, aspect_ratio="3:4", wait_seconds=0)
        voice = await call(client, "generate_speech", text=GREETING, voice="Rachel", wait_seconds=0)
        parts = {"image": f"kie://jobs/{card['job_id']}/outputs/0", "audio": f"kie://jobs/{voice['job_id']}/outputs/0"}
        video = await call(client, "create_talking_video", **parts, wait_seconds=0)
        print(f"{video['state']}, waiting for {' and '.join(video['waiting_for'])}")
        video = await call(client, "get_job_status", job_id=video["job_id"], wait_seconds=600)
    print(video["outputs"][0]["path"])


if __name__ == "__main__":
    anyio.run(main)
