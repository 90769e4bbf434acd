"""Make a face, a voice, and the video of both, chained by `kie://` references. Runs without a key."""

import sys
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from kie_mcp.sandbox import serve


async def make(client: Client, tool: str, **order: Any) -> dict[str, Any]:
    """Order something, wait until it is done, and return its first output."""
    result = await client.call_tool(tool, order)
    answer: dict[str, Any] = result.structured_content or {}
    while answer.get("state") in {"queued", "running"}:
        result = await client.call_tool("get_job_status", {"job_id": answer["job_id"], "wait_seconds": 30})
        answer = result.structured_content or {}
    if result.is_error:
        raise SystemExit(str(result.content))
    return answer["outputs"][0]


async def main() -> None:
    """Make a talking video and print where it was saved."""
    async with serve(speed=40) as url:
        env = {"KIE_API_KEY": "sandbox", "KIE_API_BASE_URL": url, "KIE_UPLOAD_BASE_URL": url}
        server = StdioServerParameters(command=sys.executable, args=["-m", "kie_mcp"], env=env)
        async with Client(server) as client:
            face = await make(client, "generate_image", prompt="a lighthouse keeper", aspect_ratio="9:16")
            voice = await make(client, "generate_speech", text="The light is on.", voice="Brian")
            chained = {"image": face["resource"], "audio": voice["resource"]}
            video = await make(client, "create_talking_video", prompt="He speaks slowly.", **chained)
    print(f"{video['width']}x{video['height']}, {video['duration_s']:.1f} s: {video['path']}")


if __name__ == "__main__":
    anyio.run(main)
