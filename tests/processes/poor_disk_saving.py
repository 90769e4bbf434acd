"""Check a folder and save a picture in it, then say how that went: for a process of its own."""

import sys
from dataclasses import replace
from pathlib import Path

import anyio

from kie_mcp.errors import NotCreatedError
from tests.support.download_links import JOB, LINK, PNG, Shelf, whole


async def save(folder: Path, prompt: str) -> str:
    saver = Shelf((LINK, whole(PNG))).saver(folder)
    try:
        await saver.check(1000)
    except NotCreatedError as error:
        return error.message
    (output,), trouble = await saver.save(replace(JOB, order={"prompt": prompt}), [LINK])
    return trouble.message if trouble else f"saved {Path(output.path or '').name}"


if __name__ == "__main__":
    print(anyio.run(save, Path(sys.argv[1]), "ein Mäntelchen"))  # noqa: T201 - this is how a process answers
