"""Files that a caller hands in, as a path or in the call: checked with the order, uploaded with the job."""

import hashlib
import threading
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from urllib.parse import unquote

from kie_mcp.errors import OrderError, OutputError
from kie_mcp.media.inputs.checks import LARGEST, most
from kie_mcp.media.inputs.conversion import Accepted, accept
from kie_mcp.media.inputs.data_uris import decoded
from kie_mcp.media.inputs.inline_files import FullError, InlineFiles
from kie_mcp.media.inputs.local_files import LocalFiles
from kie_mcp.media.inputs.open_file import OpenFile
from kie_mcp.media.inputs.uploads import READING, Say, Uploads
from kie_mcp.media.worker_threads import in_thread
from kie_mcp.orders.order import Order, handed_in, parse_handed_in
from kie_mcp.text import without_middle
from kie_mcp.urls import is_web_link

_Looked = tuple[str, str, Accepted, bytes | None]
"""Place, digest, what the model gets, and what has to be kept of it."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was taken in."""

    reference: str
    """How the order names it from here on."""
    duration_s: float | None
    """Of a sound, if it is known."""
    note: str = ""
    """What was done to it, as a sentence for the answer; empty if nothing was."""


class InputFiles:
    """Takes files in, and turns what it took in into links."""

    def __init__(self, locals_: LocalFiles, inline: InlineFiles, uploads: Uploads) -> None:
        self._locals = locals_
        self._inline = inline
        self._uploads = uploads
        self._converting = threading.Lock()
        """Held by the thread, which goes on when nobody waits for it any more."""

    async def take(self, reference: str, order: Order, *, argument: str, convert: bool = False) -> InputFile:
        """Read a file as it is ordered; with *convert*, turn what the model does not take into what it takes.

        Raises OrderError naming the argument if the file may not be read or is not what the model takes.
        """
        look = self._data if reference[:5].casefold() == "data:" else self._file
        # A picture that is converted is in memory as a whole.
        turn = self._converting if convert else nullcontext()

        def look_in_turn() -> _Looked:
            with turn:
                return look(reference, order, argument, convert)

        with _reading("the file", argument):
            place, digest, accepted, data = await in_thread(look_in_turn, patience=READING)
        if data is not None:
            await self._kept(
                data, digest, argument, "the data URI" if accepted.instead is None else "what was made of it"
            )
        return InputFile(handed_in(place, digest), accepted.found.duration_s, accepted.note)

    async def link(self, reference: str, *, argument: str, say: Say | None = None) -> str:
        """Return a link that Kie.ai can read; `say` hears how far a large upload is.

        Raises OrderError if the file is no longer what was ordered.
        Trouble on the way (CredentialError, BusyError, UnreachableError, OutputError) is passed on.
        """
        place, digest = parse_handed_in(reference) or (reference, "")
        name = _name(place) if place.startswith("file:") else "the data URI"
        with (
            _reading(name, argument),
            await in_thread(lambda: self._opened(place, digest, argument), patience=READING) as file,
        ):
            if await in_thread(file.digest, patience=READING) != digest:
                problem = f"{name} has changed since it was ordered."
                raise OrderError(problem, argument=argument, remedy="Order again: nothing was sent.")
            return await self._uploads.link(file, digest, name=name, say=say)

    def _file(self, reference: str, order: Order, argument: str, convert: bool) -> _Looked:
        path, file = self._locals.open(reference, argument=argument, most=most(order, argument))
        place = path.as_uri()
        with _reading(_name(place), argument), file:
            accepted = accept(file, _name(place), order, argument, converting=convert)
            return _made(accepted) or (place, file.digest(), accepted, None)

    def _data(self, reference: str, order: Order, argument: str, convert: bool) -> _Looked:
        head, data = decoded(reference, argument=argument)
        accepted = accept(data, "the data URI", order, argument, converting=convert)
        return _made(accepted) or (head, hashlib.sha256(data).hexdigest(), accepted, data)

    async def _kept(self, data: bytes, digest: str, argument: str, name: str) -> None:
        try:
            await self._inline.keep(data, digest)
        except FullError as error:
            problem = f"{name} finds no room here: {error.strerror}."
            remedy = "Hand the file in as a path or an https URL, or call again later."
            raise OutputError(problem, argument=argument, remedy=remedy) from None
        except OSError as error:
            problem = f"{name} cannot be kept here ({(error.strerror or 'unknown').lower()})."
            remedy = "Hand the file in as a path or an https URL."
            raise OutputError(problem, argument=argument, remedy=remedy) from None

    def _opened(self, place: str, digest: str, argument: str) -> OpenFile:
        if place.startswith("file:"):
            return self._locals.open(place, argument=argument, most=LARGEST, ordered=True)[1]
        try:
            return self._inline.open(digest)
        except OSError:
            problem = "the file that was in the call is not kept any more."
            raise OrderError(problem, argument=argument, remedy="Order again: nothing was sent.") from None


@contextmanager
def _reading(name: str, argument: str) -> Generator[None]:
    """Refuse a file that was opened and cannot be read: its disk, or the network to it, may have gone."""
    try:
        yield
    except OSError as error:
        problem = f"{name} cannot be read ({(error.strerror or type(error).__name__).lower()})."
        remedy = "Check the file, and call again: nothing was sent."
        raise OrderError(problem, argument=argument, remedy=remedy) from error


def _made(accepted: Accepted) -> _Looked | None:
    """What the file was turned into, if it was: from here on it is as if that had been handed in, inside the call."""
    data = accepted.instead
    if data is None:
        return None
    return f"data:{accepted.found.mime_type}", hashlib.sha256(data).hexdigest(), accepted, data


def handed(reference: str) -> bool:
    """Whether a reference is a file that the caller hands in, and no link."""
    return not is_web_link(reference) and reference[:6].casefold() != "kie://"


def _name(place: str) -> str:
    """What to call a file: the last part of its path, short."""
    return without_middle(unquote(place.rpartition("/")[2]), 30, 30)
