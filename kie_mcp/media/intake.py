"""From an order to a job, and from a job to what is sent: checked, its files found, its price and length estimated."""

import json
from collections.abc import Awaitable, Callable

from kie_mcp.jobs.desk import Draft
from kie_mcp.jobs.job import Job, Kind, Request
from kie_mcp.jobs.orders import ImageOrder, Order, TalkingVideoOrder, fingerprint, load_order, with_references
from kie_mcp.kie import catalog
from kie_mcp.kie.rows import MODELS
from kie_mcp.media.inputs import Inputs, handed
from kie_mcp.media.sources import Sources


class Intake:
    """Checks orders before anything is spent.

    Args:
        sources: Finds what https links and kie:// references mean.
        inputs: Takes the caller's own files.
        check_outbox: Raises NotCreatedError if nothing could be saved.
        account: Whose orders they are.
        plain_host: The host and port of a sandbox, if that is used.
    """

    def __init__(
        self,
        sources: Sources,
        inputs: Inputs,
        check_outbox: Callable[[], Awaitable[None]],
        *,
        account: str,
        plain_host: str | None = None,
    ) -> None:
        self._check_outbox = check_outbox
        self._sources = sources
        self._inputs = inputs
        self._account = account
        self._plain_host = plain_host

    async def draft(self, order: Order) -> Draft:
        """Everything of the job that is known before it is written down. Raises OrderError."""
        await self._check_outbox()
        checked = catalog.check(order, plain_host=self._plain_host)
        waiting_for: list[str] = []
        for argument, reference in _files(checked):
            if handed(reference):
                continue
            if other := await self._sources.awaited(reference, argument=argument):
                waiting_for.append(other)
        checked, seconds = await self._taken(checked)
        if seconds is None and not waiting_for:
            seconds = await self._audio_seconds(checked)
        return Draft(
            kind=checked.kind,
            model=checked.model,
            order=checked.model_dump(mode="json"),
            fingerprint=fingerprint(self._account, checked),
            bucket=catalog.bucket(checked, audio_seconds=seconds),
            credits_estimated=catalog.estimate(checked, audio_seconds=seconds),
            waiting_for=tuple(dict.fromkeys(waiting_for)),
        )

    async def _taken(self, order: Order) -> tuple[Order, float | None]:
        """The order with the caller's own files as they were read, and how long the sound among them is."""
        instead: dict[str, str] = {}
        seconds: float | None = None
        for argument, reference in _files(order):
            if handed(reference):
                instead[reference], lasting = await self._inputs.take(reference, order, argument=argument)
                seconds = lasting if argument == "audio" else seconds
        return with_references(order, instead), seconds

    async def _audio_seconds(self, order: Order) -> float | None:
        """How long the audio of an earlier job is. Raises OrderError if a file is not what is taken."""
        seconds: float | None = None
        for argument, reference in _files(order):
            output = None if handed(reference) else await self._sources.describe(reference, argument=argument)
            if output and argument == "audio":
                seconds = output.duration_s
        catalog.check_audio(order, seconds)
        return seconds

    async def prepare(self, job: Job) -> Request:
        """What is sent for the job; files that only we have are uploaded, which is free."""
        await self._check_outbox()
        order = load_order(json.dumps(job.order))
        await self._audio_seconds(order)
        links: dict[str, str] = {}
        for argument, reference in _files(order):
            source = self._inputs if handed(reference) else self._sources
            links[reference] = await source.link(reference, argument=argument)
        return catalog.request(order, links)


def kind_of(model: str | None) -> Kind:
    """What a model of Kie.ai's makes, for a job that was made elsewhere."""
    known = {name: row.kind for row in MODELS for name in (row.id, row.edit_id, *row.aliases)}
    return known.get(model, Kind.OTHER)


def _files(order: Order) -> list[tuple[str, str]]:
    """The file arguments: name and what was given."""
    match order:
        case ImageOrder():
            return [(f"images[{index}]", image) for index, image in enumerate(order.images)]
        case TalkingVideoOrder():
            return [("image", order.image), ("audio", order.audio)]
        case _:
            return []
