"""Completions: suggested values for resource templates and prompts, from the ledger and the catalogue of models."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeAlias

from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    PromptReference,
)

from kie_mcp.catalog import registry
from kie_mcp.catalog.model import Model
from kie_mcp.errors import UnknownJobError
from kie_mcp.jobs.history import JobHistory
from kie_mcp.market.service import Market
from kie_mcp.orders.job_uris import output_uri
from kie_mcp.orders.kind import ORDERED, Kind
from kie_mcp.surface.resources.models import VOICES
from kie_mcp.surface.server import KieServer
from kie_mcp.surface.tenant import TenantOf

logger = logging.getLogger(__name__)

MOST = 100
"""The most values that the protocol allows in one answer."""

Given: TypeAlias = Mapping[str, str]
"""The other arguments that are already filled in, by name."""
Source: TypeAlias = Callable[[str, Given], Awaitable[Completion]]
"""Finds values from what was typed so far and the other arguments."""


def register(server: KieServer, tenant_of: TenantOf) -> None:
    """Answer `completion/complete` here: the SDK's own handler is not told whose request it is."""

    async def complete(context: ServerRequestContext[Any, Any], params: CompleteRequestParams) -> CompleteResult:
        tenant = tenant_of(context)
        try:
            return CompleteResult(completion=await Completions(tenant.history, tenant.market).complete(params))
        except Exception as error:
            logger.exception("%s: completions could not be found", params.argument.name)
            raise MCPError(INTERNAL_ERROR, f"Error completing argument {params.argument.name}") from error

    server.handle("completion/complete", CompleteRequestParams, complete)


class Completions:
    """Finds the completions of one account. Kie.ai is never asked."""

    def __init__(self, history: JobHistory, market: Market) -> None:
        self._history = history
        self._market = market
        picture, video = _Choices(Kind.IMAGE), _Choices(Kind.TALKING_VIDEO)
        self._sources: Mapping[tuple[str, str], Source] = {
            ("kie://jobs/{job_id}", "job_id"): self._jobs,
            ("kie://jobs/{job_id}/outputs/{index}", "job_id"): self._jobs,
            ("kie://jobs/{job_id}/outputs/{index}", "index"): self._indexes,
            ("kie://models/{+model_id}", "model_id"): self._models,
            ("talking_avatar", "voice"): _voices,
            ("talking_avatar", "model"): video.ids,
            ("talking_avatar", "resolution"): video.resolutions,
            ("product_picture", "picture"): self._pictures,
            ("product_picture", "model"): picture.ids,
            ("product_picture", "aspect_ratio"): picture.aspect_ratios,
            ("product_picture", "resolution"): picture.resolutions,
            ("spoken_greeting_card", "voice"): _voices,
        }

    async def complete(self, asked: CompleteRequestParams) -> Completion:
        """Return the values that begin with what was typed; none for an argument that takes any text."""
        name = asked.ref.name if isinstance(asked.ref, PromptReference) else asked.ref.uri
        source = self._sources.get((name, asked.argument.name))
        if source is None:
            return Completion(values=[])
        return await source(asked.argument.value, (asked.context and asked.context.arguments) or {})

    async def _jobs(self, typed: str, _: Given) -> Completion:
        ids, found = await self._history.ids(typed[:MOST], MOST)
        return Completion(values=ids, total=found, has_more=found > len(ids))

    async def _models(self, typed: str, given: Given) -> Completion:
        own = await _Choices(*ORDERED).ids(typed, given)
        others = filter(_starts_with(typed), (model.id for model in self._market.known_models()))
        return _complete((*own.values, *others))

    async def _indexes(self, typed: str, given: Given) -> Completion:
        try:
            job = await self._history.read(given.get("job_id", ""))
        except UnknownJobError:
            return _complete(())
        return _complete(str(index) for index in range(len(job.outputs)) if str(index).startswith(typed))

    async def _pictures(self, typed: str, _: Given) -> Completion:
        jobs = await self._history.list_finished(kind=Kind.IMAGE, limit=MOST)
        uris = (output_uri(job.id, index) for job in jobs for index in range(len(job.outputs)))
        return _complete(uri for uri in uris if uri.startswith(typed))


class _Choices:
    """The choices that the models of these kinds offer."""

    def __init__(self, *kinds: Kind) -> None:
        self._models = [model for kind in kinds for model in registry.models(kind)]

    async def ids(self, typed: str, _: Given) -> Completion:
        """Complete a model's id, from the id or another name of the model."""
        return _complete(
            model.id for model in self._models if any(map(_starts_with(typed), (model.id, *model.aliases)))
        )

    async def aspect_ratios(self, typed: str, given: Given) -> Completion:
        """Complete an aspect ratio of the model that is named, or of any model."""
        return _complete(
            filter(
                _starts_with(typed), (one for model in self._find_models(given) for one in model.takes.aspect_ratios)
            )
        )

    async def resolutions(self, typed: str, given: Given) -> Completion:
        """Complete a resolution of the model that is named, or of any model."""
        return _complete(
            filter(_starts_with(typed), (one for model in self._find_models(given) for one in model.takes.resolutions))
        )

    def _find_models(self, given: Given) -> list[Model]:
        wanted = given.get("model", "").strip().casefold()
        return [model for model in self._models if not wanted or wanted in {model.id, *model.aliases}]


async def _voices(typed: str, _: Given) -> Completion:
    return _complete(filter(_starts_with(typed), VOICES.values()))


def _starts_with(typed: str) -> Callable[[str], bool]:
    wanted = typed.strip().casefold()
    return lambda value: value.casefold().startswith(wanted)


def _complete(values: Iterable[str]) -> Completion:
    """Return the first of these values, without duplicates."""
    found = list(dict.fromkeys(values))
    return Completion(values=found[:MOST], total=len(found), has_more=len(found) > MOST)
