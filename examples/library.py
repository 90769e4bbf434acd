"""Make a picture with `KieClient` alone, the library under the server. Runs on the sandbox: no key, no cost."""

import tempfile

import anyio

from kie_mcp import KieClient, Request, Verdict
from kie_mcp.sandbox import serve


async def make(kie: KieClient, prompt: str, file: anyio.Path) -> None:
    """Order a picture, look at it until it is done, and save it."""
    task_id = await kie.create(Request("google/nano-banana", {"prompt": prompt}))  # spends credits: never send it twice
    while (look := await kie.look(task_id)).verdict is Verdict.IN_FLIGHT:
        print(f"{task_id}: not done yet")
        await anyio.sleep(2)  # Kie.ai asks for 2 to 5 seconds between two looks
    if look.trouble:
        raise SystemExit(look.trouble.message)
    async with kie.fetch(look.urls[0]) as download:
        await file.write_bytes(b"".join([chunk async for chunk in download.chunks]))
    print(f"{file}, {look.credits:g} credits")


async def main() -> None:
    """Make one picture on a sandbox."""
    # With a key, for 4 credits ($0.02): async with KieClient("your key") as kie:
    async with serve(speed=10) as url, KieClient("sandbox", base_url=url, upload_base_url=url) as kie:
        print(f"balance: {await kie.credit():g} credits")
        await make(kie, "a red fox in a raincoat", anyio.Path(tempfile.mkdtemp(prefix="kie-"), "fox.png"))


if __name__ == "__main__":
    anyio.run(main)
