"""From an order to a job, and from a job to what is sent: checked, its files found, its price and length estimated."""

import json
from collections.abc import Awaitable, Callable, Container, Mapping
from functools import partial

from kie_mcp.catalog import audio_length, job_durations, prices, registry, requests
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.validate import speaking_of
from kie_mcp.jobs.drafts import Draft
from kie_mcp.jobs.job import Job, Request
from kie_mcp.media.inputs.earlier_outputs import EarlierOutputs
from kie_mcp.media.inputs.input_files import InputFiles, is_file_reference
from kie_mcp.media.outputs.download_limits import expected_bytes
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.order import (
    Order,
    fingerprint,
    former_fingerprint,
    load_order,
    output_uri,
)

PART_WORDS = {"text": "script", "prompt": "image_prompt"}
"""What the words of a part are called in the order that it is a part of."""


class OrderPlanner:
    """Checks orders before anything is spent.

    Args:
        sources: Finds what https links and kie:// references mean.
        inputs: Takes the caller's own files.
        check_output_folder: Raises NotCreatedError if nothing of so many bytes could be saved.
        account: Whose orders they are.
        plain_host: The host and port of a sandbox, if that is used.
        say: Takes a job's id and what is being done for it just now; nothing when that is over.
    """

    def __init__(
        self,
        sources: EarlierOutputs,
        inputs: InputFiles,
        check_output_folder: Callable[[int], Awaitable[None]],
        *,
        account: str,
        plain_host: str | None = None,
        say: Callable[[str, str], None] = lambda _job, _words: None,
    ) -> None:
        self._check_output_folder = check_output_folder
        self._sources = sources
        self._inputs = inputs
        self._account = account
        self._plain_host = plain_host
        self._say = say

    async def draft(self, order: Order, *, parts: Mapping[str, Order] | None = None, convert: bool = False) -> Draft:
        """Everything of the job that is known before it is written down.

        *parts* make its inputs, by argument; with *convert*, files are turned into what the model takes.
        Raises OrderError at the first thing that does not fit, of the order and of its parts.
        """
        needed = sum(expected_bytes(one.kind) for one in (order, *(parts or {}).values()))
        await self._check_output_folder(needed)
        return await self._drafted(order, parts or {}, needed, convert=convert)

    async def _drafted(self, order: Order, parts: Mapping[str, Order], needed: int, *, convert: bool) -> Draft:
        whole = order.model_copy(update={argument: _to_be_made(argument) for argument in parts})
        checked = requests.check(whole, plain_host=self._plain_host)
        with speaking_of(**PART_WORDS):
            drafts = {
                argument: await self._drafted(part, {}, needed, convert=False) for argument, part in parts.items()
            }
        awaited = await self._awaited(checked, but=parts)
        checked, seconds, remarks = await self._taken(checked, convert=convert)
        if script := parts.get("audio"):
            seconds = audio_length.check_script(checked, script)
        elif script := _script(awaited.get("audio")):
            seconds = audio_length.check_script(checked, script, argument="audio")
        known = await self._audio_seconds(checked, but={*parts, *awaited})
        seconds = known if seconds is None else seconds
        if (longer := needed - expected_bytes(order.kind) + expected_bytes(order.kind, seconds)) > needed:
            await self._check_output_folder(longer)
        by_default = not order.model.strip()
        doubt = audio_length.advise(checked, seconds, by_default=by_default)
        # Equal words for a part make an equal order, whatever becomes of the job that speaks or draws them.
        equal = {argument: f"made:{draft.fingerprint}" for argument, draft in drafts.items()}
        return Draft(
            kind=checked.kind,
            model=checked.model,
            order=checked.model_dump(mode="json"),
            fingerprint=fingerprint(self._account, checked.with_files(equal)),
            formerly=self._formerly(checked, drafts),
            bucket=job_durations.bucket(checked, audio_seconds=seconds),
            credits_estimated=prices.estimate(checked, audio_seconds=seconds),
            waiting_for=tuple(dict.fromkeys(job.id for job in awaited.values())),
            parts=drafts,
            title=await self._title(order, parts),
            by_default=by_default,
            remark=" ".join([*remarks, doubt]).strip(),
        )

    def _formerly(self, order: Order, parts: Mapping[str, Draft]) -> tuple[str, ...]:
        """What version 0.1 called an equal order: as it is written here, and apart if nobody had named the model."""
        equal = {name: f"made:{(draft.formerly or (draft.fingerprint,))[0]}" for name, draft in parts.items()}
        before = former_fingerprint(self._account, order.with_files(equal))
        apart = (f"{before}-by-default",) if order.model == registry.models(order.kind)[0].id else ()
        return (before, *apart)

    async def _awaited(self, order: Order, *, but: Container[str]) -> dict[str, Job]:
        """The jobs that are still to make files of the order, by argument."""
        awaited: dict[str, Job] = {}
        for argument, reference in order.files().items():
            if is_file_reference(reference) or argument in but:
                continue
            if job := await self._sources.find_unfinished(reference, argument=argument):
                awaited[argument] = job
        return awaited

    async def _taken(self, order: Order, *, convert: bool) -> tuple[Order, float | None, list[str]]:
        """The order with the caller's own files as they were read, how long their sound is, and what was done."""
        instead: dict[str, str] = {}
        seconds: float | None = None
        remarks: list[str] = []
        for argument, reference in order.files().items():
            if is_file_reference(reference):
                taken = await self._inputs.take(reference, order, argument=argument, convert=convert)
                remarks += [taken.note] if taken.note else []
                instead[argument] = taken.reference
                seconds = taken.duration_s if argument == "audio" else seconds
        return order.with_files(instead), seconds, remarks

    async def _audio_seconds(self, order: Order, *, but: Container[str] = ()) -> float | None:
        """How long the audio of an earlier job is. Raises OrderError if a file is not what is taken."""
        seconds: float | None = None
        for argument, reference in order.files().items():
            if argument in but:
                continue
            output = (
                None if is_file_reference(reference) else await self._sources.describe(reference, argument=argument)
            )
            if output and argument == "audio":
                seconds = output.duration_s
        audio_length.check_audio(order, seconds)
        return seconds

    async def _title(self, order: Order, parts: Mapping[str, Order]) -> str:
        """What it is of, in the words of whoever ordered it, or its files."""
        files = order.files()
        titles = {
            name: await (self._title(parts[name], {}) if name in parts else self._sources.words(files[name]))
            for name in order.titled_by
        }
        return order.title(titles)

    async def prepare(self, job: Job) -> Request:
        """What is sent for the job; files that only we have are uploaded, which is free."""
        order = load_order(json.dumps(job.order))
        seconds = await self._audio_seconds(order)
        await self._check_output_folder(expected_bytes(job.kind, seconds))
        audio_length.advise(order, seconds, by_default=job.by_default)
        links: dict[str, str] = {}
        try:
            for argument, reference in order.files().items():
                source = self._inputs if is_file_reference(reference) else self._sources
                links[reference] = await source.link(reference, argument=argument, say=partial(self._say, job.id))
        finally:
            self._say(job.id, "")
        return requests.build(order, links)


def kind_of(model: str | None) -> Kind:
    """What a model of Kie.ai's makes, for a job that was made elsewhere."""
    known = {name: row.kind for row in MODELS for name in (row.id, row.edit_id, *row.aliases)}
    return known.get(model, Kind.OTHER)


def _script(job: Job | None) -> Order | None:
    """What a job is still to speak; None of one that was made elsewhere, of which nobody knows."""
    return load_order(json.dumps(job.order)) if job and job.order else None


def _to_be_made(argument: str) -> str:
    """What stands in an order for a file of which not even the job has an id yet."""
    return output_uri(argument, 0)
