"""Files that a caller hands in, as a path or a data URI: checked with the order, uploaded with the job."""

import hashlib
import threading
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from urllib.parse import unquote

from kie_mcp.errors import OrderError, OutputError
from kie_mcp.media.inputs.conversion import AcceptedFile, accept_or_convert
from kie_mcp.media.inputs.data_uris import decode_data_uri
from kie_mcp.media.inputs.hashed_file import HashedFile
from kie_mcp.media.inputs.inline_file_store import FullError, InlineFiles
from kie_mcp.media.inputs.local_files import LocalFiles
from kie_mcp.media.inputs.uploads import READING, Say, Uploads
from kie_mcp.media.inputs.validation import LARGEST, most_bytes
from kie_mcp.media.worker_threads import run_in_thread
from kie_mcp.orders.order import Order
from kie_mcp.orders.own_file_uris import input_uri, parse_input_uri
from kie_mcp.text import without_middle
from kie_mcp.urls import is_web_link

_Checked = tuple[str, str, AcceptedFile, bytes | None]
"""Place, digest, what the model gets, and what has to be kept of it."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was checked for an order."""

    reference: str
    """The name that the order has for it from now on."""
    duration_s: float | None
    """The length of a sound, if it is known."""
    side: int | None = None
    """The pixels of the longer side of a picture, if they are known."""
    note: str = ""
    """A sentence about its conversion, for the answer; empty if there was none."""


class InputFiles:
    """Checks files when they are ordered, and later turns each into a link."""

    def __init__(self, locals_: LocalFiles, inline: InlineFiles, uploads: Uploads) -> None:
        self._locals = locals_
        self._inline = inline
        self._uploads = uploads
        self._converting = threading.Lock()
        """Held by the worker thread, which may run on after its caller has left: one conversion at a time."""

    async def take(
        self, reference: str, order: Order, *, argument: str, convert: bool = False, keep: bool = True
    ) -> InputFile:
        """Check a file that is ordered; with *convert*, convert it if the model does not take it.

        *keep*: whether what is in the call, or was converted, is written down, for the job that will be sent.

        Raises OrderError naming the argument if the file may not be read or is not what the model takes.
        """
        check = self._check_data_uri if reference[:5].casefold() == "data:" else self._check_local_file
        # A picture that is converted is in memory as a whole.
        turn = self._converting if convert else nullcontext()

        def check_in_turn() -> _Checked:
            with turn:
                return check(reference, order, argument, convert)

        with _refuse_unreadable("the file", argument):
            place, digest, accepted, data = await run_in_thread(check_in_turn, patience=READING)
        if data is not None and keep:
            await self._keep(
                data, digest, argument, "the data URI" if accepted.instead is None else "what was made of it"
            )
        found = accepted.found
        side = max(found.width, found.height) if found.width and found.height else None
        return InputFile(input_uri(place, digest), found.duration_s, side, accepted.note)

    async def link(self, reference: str, *, argument: str, say: Say | None = None) -> str:
        """Return a link that Kie.ai can read; `say` is called with the progress of a large upload.

        Raises OrderError if the file is no longer what was ordered, and CredentialError, BusyError, UnreachableError or
        OutputError if it cannot be uploaded.
        """
        place, digest = parse_input_uri(reference) or (reference, "")
        name = _name(place) if place.startswith("file:") else "the data URI"
        with (
            _refuse_unreadable(name, argument),
            await run_in_thread(lambda: self._open(place, digest, argument), patience=READING) as file,
        ):
            if await run_in_thread(file.digest, patience=READING) != digest:
                problem = f"{name} has changed since it was ordered."
                raise OrderError(problem, argument=argument, remedy="Order again: nothing was sent.")
            return await self._uploads.link(file, digest, name=name, say=say)

    def _check_local_file(self, reference: str, order: Order, argument: str, convert: bool) -> _Checked:
        path, file = self._locals.open(reference, argument=argument, most=most_bytes(order, argument))
        place = path.as_uri()
        with _refuse_unreadable(_name(place), argument), file:
            accepted = accept_or_convert(file, _name(place), order, argument, converting=convert)
            return _replacement(accepted) or (place, file.digest(), accepted, None)

    def _check_data_uri(self, reference: str, order: Order, argument: str, convert: bool) -> _Checked:
        head, data = decode_data_uri(reference, argument=argument)
        accepted = accept_or_convert(data, "the data URI", order, argument, converting=convert)
        return _replacement(accepted) or (head, hashlib.sha256(data).hexdigest(), accepted, data)

    async def _keep(self, data: bytes, digest: str, argument: str, name: str) -> None:
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

    def _open(self, place: str, digest: str, argument: str) -> HashedFile:
        if place.startswith("file:"):
            return self._locals.open(place, argument=argument, most=LARGEST, ordered=True)[1]
        try:
            return self._inline.open(digest)
        except OSError:
            problem = "the file that was in the call is not kept any more."
            raise OrderError(problem, argument=argument, remedy="Order again: nothing was sent.") from None


@contextmanager
def _refuse_unreadable(name: str, argument: str) -> Generator[None]:
    """Raise OrderError for an open file that cannot be read: its disk, or the network to it, may be gone."""
    try:
        yield
    except OSError as error:
        problem = f"{name} cannot be read ({(error.strerror or type(error).__name__).lower()})."
        remedy = "Check the file, and call again: nothing was sent."
        raise OrderError(problem, argument=argument, remedy=remedy) from error


def _replacement(accepted: AcceptedFile) -> _Checked | None:
    """Return the converted file, if there is one, as if the caller had handed it in as a data URI."""
    data = accepted.instead
    if data is None:
        return None
    return f"data:{accepted.found.mime_type}", hashlib.sha256(data).hexdigest(), accepted, data


def is_file_reference(reference: str) -> bool:
    """Return whether a reference is a file that the caller hands in, and no link."""
    return not is_web_link(reference) and reference[:6].casefold() != "kie://"


def _name(place: str) -> str:
    """Return what to call a file: the last part of its path, shortened."""
    return without_middle(unquote(place.rpartition("/")[2]), 30, 30)
