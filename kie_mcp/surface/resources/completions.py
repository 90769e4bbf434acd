"""Completions: what can stand in a resource template or in a prompt's argument, from the ledger and the catalogue."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

from mcp.server.mcpserver import MCPServer
from mcp.types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from kie_mcp.catalog import registry
from kie_mcp.catalog.models import Model
from kie_mcp.errors import UnknownJobError
from kie_mcp.jobs.history import JobHistory
from kie_mcp.orders.kind import ORDERED, Kind
from kie_mcp.orders.order import output_uri
from kie_mcp.surface.resources.models import VOICES

MOST = 100
"""Values that one answer may hold, by the protocol."""

Given: TypeAlias = Mapping[str, str]
"""The other arguments, as far as they are filled in."""
Source: TypeAlias = Callable[[str, Given], Awaitable[Completion]]
"""From what was typed so far."""


def register(server: MCPServer, history: JobHistory) -> None:
    """Answer `completion/complete`."""
    server.completion()(Completions(history).complete)


class Completions:
    """Knows what can be filled in where. Kie.ai is never asked."""

    def __init__(self, history: JobHistory) -> None:
        self._history = history
        picture, video = _Row(Kind.IMAGE), _Row(Kind.TALKING_VIDEO)
        self._sources: Mapping[tuple[str, str], Source] = {
            ("kie://jobs/{job_id}", "job_id"): self._jobs,
            ("kie://jobs/{job_id}/outputs/{index}", "job_id"): self._jobs,
            ("kie://jobs/{job_id}/outputs/{index}", "index"): self._indexes,
            ("kie://models/{+model_id}", "model_id"): _Row(*ORDERED).ids,
            ("talking_avatar", "voice"): _voices,
            ("talking_avatar", "model"): video.ids,
            ("talking_avatar", "resolution"): video.resolutions,
            ("product_picture", "picture"): self._pictures,
            ("product_picture", "model"): picture.ids,
            ("product_picture", "aspect_ratio"): picture.aspect_ratios,
            ("product_picture", "resolution"): picture.resolutions,
            ("spoken_greeting_card", "voice"): _voices,
        }

    async def complete(
        self,
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        """What may follow; None for an argument that takes any words."""
        name = ref.name if isinstance(ref, PromptReference) else ref.uri
        source = self._sources.get((name, argument.name))
        return await source(argument.value, (context and context.arguments) or {}) if source else None

    async def _jobs(self, typed: str, _: Given) -> Completion:
        ids, found = await self._history.ids(typed[:MOST], MOST)
        return Completion(values=ids, total=found, has_more=found > len(ids))

    async def _indexes(self, typed: str, given: Given) -> Completion:
        try:
            job = await self._history.read(given.get("job_id", ""))
        except UnknownJobError:
            return _first(())
        return _first(str(index) for index in range(len(job.outputs)) if str(index).startswith(typed))

    async def _pictures(self, typed: str, _: Given) -> Completion:
        jobs = await self._history.made(kind=Kind.IMAGE, limit=MOST)
        uris = (output_uri(job.id, index) for job in jobs for index in range(len(job.outputs)))
        return _first(uri for uri in uris if uri.startswith(typed))


class _Row:
    """What the models of these kinds take."""

    def __init__(self, *kinds: Kind) -> None:
        self._models = [model for kind in kinds for model in registry.models(kind)]

    async def ids(self, typed: str, _: Given) -> Completion:
        """Their ids, found by any name of theirs."""
        return _first(model.id for model in self._models if any(map(_begins(typed), (model.id, *model.aliases))))

    async def aspect_ratios(self, typed: str, given: Given) -> Completion:
        """Of the model that is named, or of any."""
        return _first(
            filter(_begins(typed), (one for model in self._named(given) for one in model.takes.aspect_ratios))
        )

    async def resolutions(self, typed: str, given: Given) -> Completion:
        """Of the model that is named, or of any."""
        return _first(filter(_begins(typed), (one for model in self._named(given) for one in model.takes.resolutions)))

    def _named(self, given: Given) -> list[Model]:
        wanted = given.get("model", "").strip().casefold()
        return [model for model in self._models if not wanted or wanted in {model.id, *model.aliases}]


async def _voices(typed: str, _: Given) -> Completion:
    return _first(filter(_begins(typed), VOICES.values()))


def _begins(typed: str) -> Callable[[str], bool]:
    wanted = typed.strip().casefold()
    return lambda value: value.casefold().startswith(wanted)


def _first(values: Iterable[str]) -> Completion:
    """The first of them, each once."""
    found = list(dict.fromkeys(values))
    return Completion(values=found[:MOST], total=len(found), has_more=len(found) > MOST)
