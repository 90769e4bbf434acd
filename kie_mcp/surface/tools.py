"""The tools that a model can call: each is an order, a submission and a wait."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import anyio
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from kie_mcp.errors import MissingKeyError
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.desk import Desk, Draft
from kie_mcp.jobs.job import Job, JobState, Kind
from kie_mcp.jobs.ledger import Caller
from kie_mcp.jobs.orders import ImageOrder, Order, SpeechOrder, TalkingVideoOrder, styled
from kie_mcp.kie import catalog
from kie_mcp.surface.answer import Answer, Listing
from kie_mcp.surface.closed import ClosedTool, closed
from kie_mcp.surface.patience import patience, profile
from kie_mcp.surface.progress import Progress
from kie_mcp.surface.results import answer, listing, result

Ctx = Context[Any]
IMAGE, SPEECH, VIDEO = (catalog.models(kind) for kind in (Kind.IMAGE, Kind.SPEECH, Kind.TALKING_VIDEO))


def _enum(*values: str) -> dict[str, Any]:
    return {"enum": list(values)}


def _ids(models: tuple[catalog.Model, ...]) -> dict[str, Any]:
    return _enum(*(model.id for model in models))


def _takes(models: tuple[catalog.Model, ...], field: str) -> dict[str, Any]:
    return _enum(*dict.fromkeys(value for model in models for value in getattr(model.takes, field)))


FILE = "https URL, or kie://jobs/{job_id}/outputs/{n} of an earlier job"
Wait = Annotated[float | None, Field(ge=0, le=600, description="Seconds to wait for the end; default fits the client")]
IdempotencyKey = Annotated[str, Field(max_length=200, description="Same key, same job: safe to repeat")]
New = Annotated[bool, Field(description="Make, and pay for, another job even if an equal one can be joined")]
Prompt = Annotated[str, Field(min_length=1, max_length=20000, description="What to show")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the tools need to know of where they run."""

    sandbox: bool = False
    wait_seconds: float | None = None
    """Rules over what is known of the client."""
    missing_key: MissingKeyError | None = None
    """Raised by the tools that cost credits, if there is no key."""


class Tools:
    """The tools, over one desk."""

    def __init__(
        self, desk: Desk, draft: Callable[[Order], Awaitable[Draft]], clock: Clock, surroundings: Surroundings
    ) -> None:
        self._desk = desk
        self._draft = draft
        self._clock = clock
        self._around = surroundings

    def published(self) -> list[ClosedTool]:
        """The tools as the server lists them."""
        return [
            closed(self.generate_image, title="Generate image", answers=Answer, read_only=False),
            closed(self.generate_speech, title="Generate speech", answers=Answer, read_only=False),
            closed(self.create_talking_video, title="Create talking video", answers=Answer, read_only=False),
            closed(self.get_job_status, title="Get job status", answers=Answer, read_only=True),
            closed(self.list_jobs, title="List jobs", answers=Listing, read_only=True),
        ]

    async def generate_image(
        self,
        ctx: Ctx,
        prompt: Prompt,
        images: Annotated[list[str], Field(max_length=14, description=f"References to edit or follow: {FILE}")] = [],  # noqa: B006 - never changed, and a schema shows it
        model: Annotated[
            str, Field(description="pro: best text in pictures; 2 and 2-1: large", json_schema_extra=_ids(IMAGE))
        ] = IMAGE[0].id,
        aspect_ratio: Annotated[
            str,
            Field(
                description="Width:height; 1:4 to 8:1 only the 2 family",
                json_schema_extra=_takes(IMAGE, "aspect_ratios"),
            ),
        ] = "",
        resolution: Annotated[
            str, Field(description="Only pro, 2 and 2-1", json_schema_extra=_takes(IMAGE, "resolutions"))
        ] = "",
        output_format: Annotated[
            str, Field(description="Of the file", json_schema_extra=_takes(IMAGE, "formats"))
        ] = "",
        style: Annotated[str, Field(max_length=500, description="Such as photorealistic")] = "",
        wait_seconds: Wait = None,
        idempotency_key: IdempotencyKey = "",
        new: New = False,
    ) -> Annotated[CallToolResult, Answer]:
        """Make or edit a picture. Costs Kie.ai credits."""
        order = ImageOrder(
            model=model,
            prompt=styled(prompt, style),
            images=tuple(images),
            aspect_ratio=aspect_ratio,
            resolution=resolution,
            output_format=output_format,
        )
        return await self._fulfil(order, ctx, wait_seconds, idempotency_key, new=new)

    async def generate_speech(
        self,
        ctx: Ctx,
        text: Annotated[str, Field(min_length=1, max_length=5000, description="What to say")],
        voice: Annotated[str, Field(max_length=100, description="Name or id, such as James, Rachel or Brian")] = "",
        model: Annotated[
            str, Field(description="turbo: half the price; multilingual: finest", json_schema_extra=_ids(SPEECH))
        ] = SPEECH[0].id,
        speed: Annotated[float, Field(ge=0.7, le=1.2, description="1: the voice's own pace")] = 1.0,
        stability: Annotated[float | None, Field(ge=0, le=1, description="High: even; low: lively")] = None,
        similarity_boost: Annotated[float | None, Field(ge=0, le=1, description="Likeness to the voice")] = None,
        language: Annotated[str, Field(max_length=10, description="ISO 639-1; turbo model only")] = "",
        wait_seconds: Wait = None,
        idempotency_key: IdempotencyKey = "",
        new: New = False,
    ) -> Annotated[CallToolResult, Answer]:
        """Speak a text. Costs Kie.ai credits."""
        order = SpeechOrder(
            model=model,
            text=text,
            voice=voice,
            speed=speed,
            stability=stability,
            similarity_boost=similarity_boost,
            language=language,
        )
        return await self._fulfil(order, ctx, wait_seconds, idempotency_key, new=new)

    async def create_talking_video(
        self,
        ctx: Ctx,
        image: Annotated[str, Field(description=f"The face, JPEG or PNG up to 10 MB: {FILE}")],
        audio: Annotated[
            str, Field(description="The voice: as image. Up to 15 s infinitalk, 60 s omnihuman, 5 min kling")
        ],
        prompt: Annotated[str, Field(max_length=5000, description="How the person acts")] = "",
        model: Annotated[
            str, Field(description="kling and omnihuman cost more", json_schema_extra=_ids(VIDEO))
        ] = VIDEO[0].id,
        resolution: Annotated[
            str, Field(description="p: infinitalk; without: omnihuman", json_schema_extra=_takes(VIDEO, "resolutions"))
        ] = "",
        seed: Annotated[int | None, Field(ge=10000, le=1000000, description="Same seed, same motion")] = None,
        wait_seconds: Wait = None,
        idempotency_key: IdempotencyKey = "",
        new: New = False,
    ) -> Annotated[CallToolResult, Answer]:
        """Make the face in a picture speak a recording: takes minutes. Costs Kie.ai credits for each second."""
        order = TalkingVideoOrder(
            model=model, image=image, audio=audio, prompt=prompt, resolution=resolution, seed=seed
        )
        return await self._fulfil(order, ctx, wait_seconds, idempotency_key, new=new)

    async def get_job_status(
        self,
        ctx: Ctx,
        job_id: Annotated[str, Field(min_length=1, max_length=100, description="job_… or Kie.ai's task id")],
        wait_seconds: Wait = None,
    ) -> Annotated[CallToolResult, Answer]:
        """Say how a job stands, and wait for its end. Free: ask as often as needed instead of ordering again."""
        job = await self._desk.ask(await self._desk.find(job_id.strip()))
        return await self._wait(job, ctx, wait_seconds)

    async def list_jobs(
        self,
        state: Annotated[
            Literal["queued", "running", "succeeded", "failed", "unconfirmed"] | None, Field(description="Only these")
        ] = None,
        kind: Annotated[Literal["image", "speech", "talking_video"] | None, Field(description="Only these")] = None,
        limit: Annotated[int, Field(ge=1, le=100, description="At most so many")] = 20,
    ) -> Annotated[CallToolResult, Listing]:
        """List jobs, newest first, also those of earlier conversations. Free."""
        jobs = await self._desk.list_jobs(JobState(state) if state else None, Kind(kind) if kind else None, limit)
        return listing([await self.describe(job) for job in jobs])

    async def describe(self, job: Job, *, joined: bool = False) -> Answer:
        """The facts of a job, as every answer gives them."""
        outlook = await self._desk.outlook(job)
        return answer(job, outlook, self._clock.now(), sandbox=self._around.sandbox, joined=joined)

    async def _fulfil(self, order: Order, ctx: Ctx, wait: float | None, key: str, *, new: bool) -> CallToolResult:
        if self._around.missing_key:
            raise self._around.missing_key
        job, joined = await self._desk.place(await self._draft(order), idempotency_key=key.strip(), new=new)
        try:
            answered = await self._wait(job, ctx, wait, joined=joined)
        except BaseException:
            await self._desk.hear(job, Caller.LEFT)
            raise
        return answered

    async def _wait(self, job: Job, ctx: Ctx, given: float | None, *, joined: bool = False) -> CallToolResult:
        client = _client(ctx)
        listening = bool((ctx.request_context.meta or {}).get("progress_token"))
        seconds = patience(given, override=self._around.wait_seconds, client=client, listening=listening)
        progress = Progress(ctx.report_progress, await self._desk.outlook(job))
        with anyio.move_on_after(seconds):
            async with aclosing(self._desk.watch(job.id)) as states:
                async for job in states:
                    await progress.tell(job, self._clock.now())
        await self._desk.hear(job, Caller.ANSWERED if job.done else Caller.TOLD)
        return result(job, await self.describe(job, joined=joined), links=profile(client).links)


def _client(ctx: Ctx) -> str:
    params = ctx.session.client_params
    return params.client_info.name if params else ""
