"""Files that a caller hands in, as a path or in the call: checked with the order, uploaded with the job."""

import hashlib
from urllib.parse import unquote

from anyio.to_thread import run_sync

from kie_mcp.errors import OrderError, OutputError
from kie_mcp.jobs.orders import Order, handed_in, parse_handed_in
from kie_mcp.media.admission import LARGEST, admit, most
from kie_mcp.media.inline import Inline, decoded
from kie_mcp.media.locals import Locals
from kie_mcp.media.opened import Opened
from kie_mcp.media.uploads import Uploads

_ELSEWHERE = ("https://", "http://", "kie://")


class Inputs:
    """Takes files in, and turns what it took in into links."""

    def __init__(self, locals_: Locals, inline: Inline, uploads: Uploads) -> None:
        self._locals = locals_
        self._inline = inline
        self._uploads = uploads

    async def take(self, reference: str, order: Order, *, argument: str) -> tuple[str, float | None]:
        """Read a file as it is ordered: how the order names it from here on, and the seconds of a sound.

        Raises OrderError naming the argument if the file may not be read or is not what the model takes.
        """
        if reference[:5].casefold() == "data:":
            return await self._take_data(reference, order, argument)
        return await run_sync(self._take_file, reference, order, argument)

    async def link(self, reference: str, *, argument: str) -> str:
        """Return a link that Kie.ai can read. Raises OrderError if the file is no longer what was ordered.

        Trouble on the way (CredentialError, BusyError, UnreachableError, OutputError) is passed on.
        """
        place, digest = parse_handed_in(reference) or (reference, "")
        with await run_sync(self._opened, place, digest, argument) as file:
            if await run_sync(file.digest) != digest:
                message = f"{argument}: {_name(place)} has changed since it was ordered."
                raise OrderError(message, remedy="Order again: nothing was sent.")
            return await self._uploads.link(file, digest)

    def _take_file(self, reference: str, order: Order, argument: str) -> tuple[str, float | None]:
        path, file = self._locals.open(reference, argument=argument, most=most(order, argument))
        with file:
            place = path.as_uri()
            found = admit(file, _name(place), order, argument)
            return handed_in(place, file.digest()), found.duration_s

    async def _take_data(self, reference: str, order: Order, argument: str) -> tuple[str, float | None]:
        head, data = await run_sync(lambda: decoded(reference, argument=argument))
        found = await run_sync(admit, data, "the data URI", order, argument)
        digest = (await run_sync(hashlib.sha256, data)).hexdigest()
        try:
            await self._inline.keep(data, digest)
        except OSError as error:
            message = f"{argument}: the data URI cannot be kept here ({(error.strerror or 'unknown').lower()})."
            raise OutputError(message, remedy="Hand the file in as a path or an https URL.") from None
        return handed_in(head, digest), found.duration_s

    def _opened(self, place: str, digest: str, argument: str) -> Opened:
        if place.startswith("file:"):
            return self._locals.open(place, argument=argument, most=LARGEST)[1]
        try:
            return self._inline.open(digest)
        except OSError:
            message = f"{argument}: the file that was in the call is not kept any more."
            raise OrderError(message, remedy="Order again: nothing was sent.") from None


def handed(reference: str) -> bool:
    """Whether a reference is a file that the caller hands in, and no link."""
    return not reference[:8].casefold().startswith(_ELSEWHERE)


def _name(place: str) -> str:
    """What to call a file: the last part of its path, short."""
    name = unquote(place.rpartition("/")[2])
    return name if len(name) <= 60 else f"{name[:30]}…{name[-20:]}"
