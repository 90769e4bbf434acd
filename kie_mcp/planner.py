"""Turn an order into the draft of a job, checked before anything is paid, and a job into the request to Kie.ai."""

import json
from collections.abc import Awaitable, Callable, Container, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Protocol

from pydantic import ValidationError

from kie_mcp.catalog import audio_length_check, job_durations, prices, registry, requests
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.row_orders import RowOrders
from kie_mcp.catalog.sound_length import SoundLength, known_length, learn_pace, spoken_length
from kie_mcp.catalog.validate import rename_arguments
from kie_mcp.errors import OrderError
from kie_mcp.jobs.draft import Draft
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.jobs.job import Job, Prepared, Request, with_estimate
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.market.model_orders import ModelOrders
from kie_mcp.market.service import Market
from kie_mcp.media.inputs.file_references import EarlierOutputs
from kie_mcp.media.inputs.own_files import InputFiles, is_file_reference
from kie_mcp.media.outputs.download_limits import expected_bytes
from kie_mcp.orders.any_order import load_order
from kie_mcp.orders.fingerprint import fingerprint, former_fingerprint
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.order import Order
from kie_mcp.orders.part_file import File
from kie_mcp.orders.speech import Speech
from kie_mcp.urls import is_web_link

PART_WORDS = {"text": "script", "prompt": "image_prompt"}
"""The caller's name of an argument, by its name in the order of a part."""
LEARNED_FROM = 100
"""The newest jobs of an account that say what such jobs cost, and how fast a voice speaks."""
_UPLOADED = "https://uploads.invalid/file"
"""Stands for each file that has no link yet while it is checked what can be written."""


class Wire(Protocol):
    """How requests are written for Kie.ai."""

    def check_request(self, request: Request, /) -> None:
        """Raise OrderError, naming Kie.ai's input, for what cannot be written."""
        ...

    async def load_files(self, request: Request, /) -> Request:
        """Return the request with the bytes of what is sent as a file. Raises OrderError or OutputError."""
        ...


class OrderPlanner:
    """Checks orders before anything is spent.

    Args:
        sources: Finds the outputs of earlier jobs; links stay as they are.
        inputs: Reads the caller's own files.
        check_output_folder: Raises NotCreatedError if so many bytes cannot be saved.
        wire: Says what can be written for Kie.ai.
        account: The account that the orders belong to.
        market: Knows the models that have no row.
        plain_host: The host and port of a sandbox, if one is used.
        list_finished: Lists the account's newest jobs that succeeded: what they cost corrects the prices.
        say: Called with a job's id and what is being done for it at the moment; with "" when that is over.
    """

    def __init__(
        self,
        sources: EarlierOutputs,
        inputs: InputFiles,
        check_output_folder: Callable[[int], Awaitable[None]],
        wire: Wire,
        *,
        account: str,
        market: Market,
        plain_host: str | None = None,
        list_finished: Callable[[], Awaitable[Sequence[Job]]],
        say: Callable[[str, str], None] = lambda _job, _words: None,
    ) -> None:
        self._check_output_folder = check_output_folder
        self._wire = wire
        self._sources = sources
        self._inputs = inputs
        self._account = account
        self._row_orders = RowOrders(plain_host=plain_host)
        self._model_orders = ModelOrders(market, plain_host=plain_host)
        self._list_finished = list_finished
        self._say = say

    async def draft(
        self,
        order: Order,
        *,
        parts: Mapping[str, Order] | None = None,
        convert: bool = False,
        keep: bool = True,
        times: int = 1,
    ) -> Draft:
        """Check an order and its parts, and return what is known of their jobs before they are written down.

        Args:
            order: The order; its files may be those of parts.
            parts: The orders of its parts, by the names that it has for them.
            convert: Whether the caller's files may be converted to what the model takes.
            keep: Whether files that are in the call are kept: without them the order cannot be sent.
            times: How many jobs like this one the call orders: the files of all must find room.

        Raises OrderError for the first thing that does not fit.
        """
        needed = times * sum(expected_bytes(one.kind) for one in (order, *(parts or {}).values()))
        await self._check_output_folder(needed)
        finished = await self._list_finished()
        return await self._draft_one(order, parts or {}, needed, finished, convert=convert, keep=keep)

    async def _draft_one(
        self,
        order: Order,
        parts: Mapping[str, Order],
        needed: int,
        finished: Sequence[Job],
        *,
        convert: bool,
        keep: bool,
    ) -> Draft:
        checked, unsure = await self._rules(order).check(order)
        with self._name_arguments(checked):
            self._wire.check_request(self._build(checked, dict.fromkeys(checked.inputs(), _UPLOADED)))
        makers = {argument: parts[name] for argument, name in order.parts().items()}
        with rename_arguments(**PART_WORDS):
            drafts = {
                name: await self._draft_one(part, {}, needed, finished, convert=False, keep=keep)
                for name, part in parts.items()
            }
        awaited = await self._find_awaited(checked)
        checked, seconds, remarks = await self._take_files(checked, convert=convert, keep=keep)
        spoken = _estimate_spoken(checked, makers, awaited, finished)
        known = await self._check_outputs(checked, but=awaited)
        audio = spoken or next((known_length(one) for one in (seconds, known) if one is not None), None)
        seconds = audio and audio.usual
        if (longer := needed - expected_bytes(order.kind) + expected_bytes(order.kind, seconds)) > needed:
            await self._check_output_folder(longer)
        by_default = not order.model.strip()
        doubt = audio_length_check.advise(checked, audio, by_default=by_default)
        return Draft(
            kind=checked.kind,
            model=checked.model,
            order=checked.model_dump(mode="json"),
            fingerprint=fingerprint(self._account, checked, {name: part.fingerprint for name, part in drafts.items()}),
            formerly=self._former_fingerprints(checked, drafts),
            bucket=job_durations.bucket(checked, audio_seconds=seconds),
            credits=await self._estimate(checked, audio, finished),
            waiting_for=tuple(dict.fromkeys(job.id for job in awaited.values())),
            parts=drafts,
            title=await self._compose_title(order, makers),
            by_default=by_default,
            remark=" ".join(filter(None, [unsure, *remarks, doubt])),
        )

    def copy(self, draft: Draft, number: int) -> Draft:
        """Return the draft of the copy with that number, for a call that orders several of an equal picture."""
        order = load_order(json.dumps(draft.order | {"copy_number": number}))
        return replace(
            draft,
            order=order.model_dump(mode="json"),
            fingerprint=fingerprint(self._account, order),
            formerly=self._former_fingerprints(order, {}),
        )

    def _rules(self, order: Order) -> RowOrders | ModelOrders:
        """Return what checks and translates such orders."""
        return self._row_orders if registry.models(order.kind) else self._model_orders

    async def _estimate(self, order: Order, audio: SoundLength | None, finished: Sequence[Job]) -> Estimate | None:
        if registry.find_row(order):
            return prices.estimate(order, audio=audio, finished=finished)
        return await self._model_orders.estimate(order, seconds=audio and audio.usual)

    def _former_fingerprints(self, order: Order, parts: Mapping[str, Draft]) -> tuple[str, ...]:
        """Return the fingerprints that version 0.1 gave to an equal order: one more if its model was the default."""
        before = former_fingerprint(self._account, order, {name: part.formerly[0] for name, part in parts.items()})
        default = [model.id for model in registry.models(order.kind)][:1]
        apart = (f"{before}-by-default",) if order.model in default else ()
        return (before, *apart)

    async def _find_awaited(self, order: Order) -> dict[str, Job]:
        """Find the unfinished jobs that will make files of the order, by argument."""
        awaited: dict[str, Job] = {}
        for argument, reference in order.files().items():
            if is_file_reference(reference):
                continue
            if job := await self._sources.find_unfinished(
                reference, argument=argument, family=order.family_of(argument)
            ):
                awaited[argument] = job
        return awaited

    async def _take_files(self, order: Order, *, convert: bool, keep: bool) -> tuple[Order, float | None, list[str]]:
        """Read the caller's own files; return the order with their contents named, the audio's length, and remarks."""
        instead: dict[str, str] = {}
        seconds: float | None = None
        remarks: list[str] = []
        for argument, reference in order.files().items():
            if is_file_reference(reference):
                taken = await self._inputs.take(reference, order, argument=argument, convert=convert, keep=keep)
                remarks += [taken.note] if taken.note else []
                instead[argument] = taken.reference
                seconds = taken.duration_s if order.family_of(argument) == "audio" else seconds
        return order.with_files(instead), seconds, remarks

    async def _check_outputs(self, order: Order, *, but: Container[str] = ()) -> float | None:
        """Check the outputs of earlier jobs; return the length of the audio in seconds if it is one of them, else None.

        Raises OrderError if one is not what its argument takes, or if the audio is too long.
        """
        seconds: float | None = None
        for argument, reference in order.files().items():
            if argument in but or is_file_reference(reference):
                continue
            family = order.family_of(argument)
            output = await self._sources.describe(reference, argument=argument, family=family)
            if output and family == "audio":
                seconds = output.duration_s
        audio_length_check.check_audio(order, seconds)
        return seconds

    async def _compose_title(self, order: Order, makers: Mapping[str, Order]) -> str:
        """Return the title of an order: made of its own words, or of the titles of its files and parts."""
        files = order.files()
        titles = {
            name: await (self._compose_title(makers[name], {}) if name in makers else self._sources.words(files[name]))
            for name in order.titled_by
        }
        return order.title(titles)

    async def prepare(self, job: Job) -> Prepared:
        """Make the request for a job; upload files that only this computer has, which is free.

        The job comes back with what it should cost now: the length of a sound that was still to be made is known.
        """
        order = load_order(json.dumps(job.order))
        seconds = await self._check_outputs(order)
        await self._check_output_folder(expected_bytes(job.kind, seconds))
        if seconds is not None and registry.find_row(order):
            audio = known_length(seconds)
            audio_length_check.advise(order, audio, by_default=job.by_default)
            job = with_estimate(job, await self._estimate(order, audio, await self._list_finished_if_read()))
        links: dict[str, str] = {}
        try:
            for argument, reference in order.files().items():
                source = self._inputs if is_file_reference(reference) else self._sources
                links[argument] = await source.link(reference, argument=argument, say=partial(self._say, job.id))
        finally:
            self._say(job.id, "")
        with self._name_arguments(order):
            return Prepared(job, await self._wire.load_files(self._build(order, links)))

    async def _list_finished_if_read(self) -> Sequence[Job]:
        """List the newest jobs that succeeded; none if the ledger does not answer, which must not cost the job."""
        try:
            return await self._list_finished()
        except LedgerError:
            return ()

    def _build(self, order: Order, links: Mapping[str, str]) -> Request:
        """Build the request of a checked order, whose files have these links, by argument.

        A link that a caller gave is kept as it is, and is the only one that may not be fetched from here.
        """
        given = order.inputs()
        own = {argument: link for argument, link in links.items() if not _is_web_link(given[argument])}
        return replace(self._rules(order).build(order.with_files(own), {}), own_links=frozenset(own.values()))

    @contextmanager
    def _name_arguments(self, order: Order) -> Generator[None]:
        """Name arguments of the order in place of Kie.ai's inputs in the OrderErrors of a block."""
        try:
            yield
        except OrderError as error:
            if not error.argument:
                raise
            raise error.with_facts(argument=self._rules(order).argument_of(order, error.argument)) from None


def _is_web_link(file: File) -> bool:
    return isinstance(file, str) and is_web_link(file)


def kind_of(model: str | None) -> Kind:
    """Return the kind of jobs that a model of Kie.ai's does; it is asked for jobs that were made elsewhere."""
    known = {name: row.kind for row in MODELS for name in (row.id, row.edit_id, *row.aliases)}
    return known.get(model, Kind.OTHER)


def _estimate_spoken(
    order: Order, makers: Mapping[str, Order], awaited: Mapping[str, Job], finished: Iterable[Job]
) -> SoundLength | None:
    """Estimate the length of audio that a part or an unfinished job will speak; None if neither will.

    Raises OrderError if it will be longer than the model takes, however fast it is spoken.
    """
    if (script := makers.get("audio")) and (speech := requests.check(script).speech()):
        audio_length_check.check_script(order, speech)
    elif speech := _load_speech(awaited.get("audio")):
        audio_length_check.check_script(order, speech, argument="audio")
    else:
        return None
    return spoken_length(speech, learn_pace(speech, _find_spoken(finished)))


def _find_spoken(jobs: Iterable[Job]) -> Iterator[tuple[Speech, float]]:
    """Find what was spoken in finished jobs, with how many seconds it lasts."""
    for job in jobs:
        speech, seconds = _load_speech(job), job.outputs[0].duration_s if job.outputs else None
        if speech and seconds:
            yield speech, seconds


def _load_speech(job: Job | None) -> Speech | None:
    """Read what a job speaks; None if it does not, or was made elsewhere, so that its text is not known."""
    try:
        return load_order(json.dumps(job.order)).speech() if job and job.order else None
    except ValidationError:
        return None
