"""Check a folder and save a picture in it, then say how that went: for a process of its own."""

import sys
from pathlib import Path

import anyio
from shelf import JOB, LINK, PNG, Shelf, whole

from kie_mcp.errors import NotCreatedError


async def save(folder: Path) -> str:
    outbox = Shelf((LINK, whole(PNG))).outbox(folder)
    try:
        await outbox.check(1000)
    except NotCreatedError as error:
        return error.message
    _, trouble = await outbox.save(JOB, [LINK])
    return trouble.message if trouble else "saved"


if __name__ == "__main__":
    print(anyio.run(save, Path(sys.argv[1])))  # noqa: T201 - this is how a process answers
