"""Order an image with `KieClient` alone, without MCP, look at it until it is done, and save it. Runs without a key."""

import anyio

from kie_mcp import KieClient, Request, Verdict
from kie_mcp.sandbox import serve


async def main() -> None:
    """Make one image and save it as fox.png."""
    async with serve(speed=10) as url, KieClient("sandbox", base_url=url, upload_base_url=url) as kie:
        print(f"{await kie.credit():g} credits")
        request = Request("google/nano-banana", {"prompt": "a red fox in a raincoat", "output_format": "png"})
        task_id = await kie.create(request)  # spends credits, and is never sent twice
        look = await kie.look(task_id)
        while look.verdict is Verdict.IN_FLIGHT:
            await anyio.sleep(2)  # Kie.ai asks for 2 to 5 seconds between two looks
            look = await kie.look(task_id)
        if look.trouble:
            raise SystemExit(look.trouble.message)
        async with kie.fetch(look.urls[0]) as download:
            await anyio.Path("fox.png").write_bytes(b"".join([chunk async for chunk in download.chunks]))
    print(f"saved fox.png, {look.credits:g} credits")


if __name__ == "__main__":
    anyio.run(main)
