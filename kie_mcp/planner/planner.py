"""Turn an order into the draft of a job, checked before anything is paid, and a job into the request to Kie.ai."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from kie_mcp.catalog import audio_length_check, job_durations, registry
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.sound_length import SoundLength, known_length
from kie_mcp.catalog.validate import rename_arguments
from kie_mcp.jobs.draft import Draft
from kie_mcp.jobs.job import Job, Prepared, with_estimate
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.market.service import Market
from kie_mcp.media.inputs.file_references import EarlierOutputs
from kie_mcp.media.inputs.own_files import InputFiles
from kie_mcp.media.outputs.download_limits import expected_bytes
from kie_mcp.orders.any_order import load_order
from kie_mcp.orders.fingerprint import fingerprint, former_fingerprint
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.order import Order
from kie_mcp.planner.order_files import Measures, OrderFiles
from kie_mcp.planner.order_rules import OrderRules, Wire
from kie_mcp.planner.spoken_audio import estimate_spoken

PART_WORDS = {"text": "script", "prompt": "image_prompt"}
"""The caller's name of an argument, by its name in the order of a part."""
LEARNED_FROM = 100
"""The newest jobs of an account that say what such jobs cost, and how fast a voice speaks."""


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
        self._files = OrderFiles(sources, inputs)
        self._rules = OrderRules(wire, market, plain_host=plain_host)
        self._host = (plain_host or "").partition(":")[0]
        self._account = account
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
        checked, unsure = await self._rules.check(order)
        makers = {argument: parts[name] for argument, name in order.parts().items()}
        with rename_arguments(**PART_WORDS):
            drafts = {
                name: await self._draft_one(part, {}, needed, finished, convert=False, keep=keep)
                for name, part in parts.items()
            }
        awaited = await self._files.find_awaited(checked)
        taken = await self._files.take(checked, convert=convert, keep=keep)
        checked = taken.order
        spoken = estimate_spoken(checked, makers, awaited, finished)
        measures = taken.measures | await self._files.check_outputs(checked, but=awaited)
        audio = spoken or _find_length(measures)
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
            bucket=job_durations.bucket(checked, audio_seconds=seconds, host=self._host),
            credits=await self._rules.estimate(checked, audio, finished, side=measures.side),
            waiting_for=tuple(dict.fromkeys(job.id for job in awaited.values())),
            parts=drafts,
            title=await self._files.compose_title(order, makers),
            by_default=by_default,
            remark=" ".join(filter(None, [unsure, *taken.remarks, doubt])),
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

    def _former_fingerprints(self, order: Order, parts: Mapping[str, Draft]) -> tuple[str, ...]:
        """Return the fingerprints that version 0.1 gave to an equal order: one more if its model was the default."""
        before = former_fingerprint(self._account, order, {name: part.formerly[0] for name, part in parts.items()})
        default = [model.id for model in registry.models(order.kind)][:1]
        apart = (f"{before}-by-default",) if order.model in default else ()
        return (before, *apart)

    async def prepare(self, job: Job) -> Prepared:
        """Make the request for a job; upload files that only this computer has, which is free.

        The job comes back with what it should cost now: what was still to be made then can be measured.
        """
        order = load_order(json.dumps(job.order))
        measures = await self._files.check_outputs(order)
        await self._check_output_folder(expected_bytes(job.kind, measures.audio_seconds))
        if measures != Measures() and registry.find_row(order):
            audio = _find_length(measures)
            audio_length_check.advise(order, audio, by_default=job.by_default)
            finished = await self._list_finished_if_read()
            if now := await self._rules.estimate(order, audio, finished, side=measures.side):
                job = with_estimate(job, now)
        try:
            links = await self._files.link(order, say=partial(self._say, job.id))
        finally:
            self._say(job.id, "")
        return Prepared(job, await self._rules.make_request(order, links))

    async def _list_finished_if_read(self) -> Sequence[Job]:
        """List the newest jobs that succeeded; none if the ledger does not answer, which must not cost the job."""
        try:
            return await self._list_finished()
        except LedgerError:
            return ()


def _find_length(measures: Measures) -> SoundLength | None:
    return None if measures.audio_seconds is None else known_length(measures.audio_seconds)


def kind_of(model: str | None) -> Kind:
    """Return the kind of jobs that a model of Kie.ai's does; it is asked for jobs that were made elsewhere."""
    known = {name: row.kind for row in MODELS for name in (row.id, row.edit_id, *row.aliases)}
    return known.get(model, Kind.OTHER)
