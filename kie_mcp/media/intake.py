"""From an order to a job, and from a job to what is sent: checked, its files found, its price and length estimated."""

import json

from kie_mcp.jobs.desk import Draft
from kie_mcp.jobs.job import Job, Kind, Request
from kie_mcp.jobs.orders import ImageOrder, Order, TalkingVideoOrder, fingerprint, load_order
from kie_mcp.kie import catalog
from kie_mcp.kie.rows import MODELS
from kie_mcp.media.sources import Sources


class Intake:
    """Checks orders before anything is spent. `plain_host` is the host and port of a sandbox, if that is used."""

    def __init__(self, sources: Sources, *, account: str, plain_host: str | None = None) -> None:
        self._sources = sources
        self._account = account
        self._plain_host = plain_host

    async def draft(self, order: Order) -> Draft:
        """Everything of the job that is known before it is written down. Raises OrderError."""
        checked = catalog.check(order, plain_host=self._plain_host)
        waiting_for: list[str] = []
        for argument, reference in _files(checked):
            if other := await self._sources.awaited(reference, argument=argument):
                waiting_for.append(other)
        seconds = None if waiting_for else await self._audio_seconds(checked)
        return Draft(
            kind=checked.kind,
            model=checked.model,
            order=checked.model_dump(mode="json"),
            fingerprint=fingerprint(self._account, checked),
            bucket=catalog.bucket(checked, audio_seconds=seconds),
            credits_estimated=catalog.estimate(checked, audio_seconds=seconds),
            waiting_for=tuple(dict.fromkeys(waiting_for)),
        )

    async def _audio_seconds(self, order: Order) -> float | None:
        """How long the audio is, where it is ours to measure. Raises OrderError if a file is not what is taken."""
        seconds: float | None = None
        for argument, reference in _files(order):
            output = await self._sources.describe(reference, argument=argument)
            if output and argument == "audio":
                seconds = output.duration_s
        catalog.check_audio(order, seconds)
        return seconds

    async def prepare(self, job: Job) -> Request:
        """What is sent for the job; files that only we have are uploaded, which is free."""
        order = load_order(json.dumps(job.order))
        await self._audio_seconds(order)
        links = {
            reference: await self._sources.link(reference, argument=argument) for argument, reference in _files(order)
        }
        return catalog.request(order, links)


def kind_of(model: str | None) -> Kind:
    """What a model of Kie.ai's makes, for a job that was made elsewhere."""
    known = {name: row.kind for row in MODELS for name in (row.id, row.edit_id, *row.aliases)}
    return known.get(model, Kind.OTHER)


def _files(order: Order) -> list[tuple[str, str]]:
    """The file arguments: name and what was given."""
    match order:
        case ImageOrder():
            return [("images", image) for image in order.images]
        case TalkingVideoOrder():
            return [("image", order.image), ("audio", order.audio)]
        case _:
            return []
