"""The tools that a model can call: each is an order, a submission and a wait."""

import logging
import re
from collections.abc import Awaitable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

import anyio
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult

from kie_mcp.addresses import shown_url
from kie_mcp.errors import KieError, MissingKeyError, OrderError, UnknownJobError
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.desk import Desk, Draft
from kie_mcp.jobs.fitting import speaking_of
from kie_mcp.jobs.job import Job, JobState, Kind
from kie_mcp.jobs.ledger import Caller
from kie_mcp.jobs.orders import ImageOrder, Order, SpeechOrder, TalkingVideoOrder, styled
from kie_mcp.media.intake import PART_WORDS
from kie_mcp.surface import arguments as arg
from kie_mcp.surface.answer import Answer, Listing
from kie_mcp.surface.closed import ClosedTool, closed
from kie_mcp.surface.patience import patience, profile
from kie_mcp.surface.progress import Progress
from kie_mcp.surface.results import answer, listing, lost_sight, result

logger = logging.getLogger(__name__)

Ctx = Context[Any]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")
"""What an id may look like, ours or Kie.ai's: for nothing else a question is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the tools need to know of where they run."""

    sandbox: bool = False
    wait_seconds: float | None = None
    """Rules over what is known of the client."""
    no_key: str = ""
    """If there is no key: how to get one and where to put it, for whoever calls a tool that costs credits."""


class Check(Protocol):
    """Checks an order, and those of the parts that are to make its inputs."""

    def __call__(self, order: Order, /, *, parts: Mapping[str, Order] | None = None) -> Awaitable[Draft]:
        """Return what is known of the job before it is written down. Raises OrderError."""
        ...


class Tools:
    """The tools, over one desk."""

    def __init__(self, desk: Desk, draft: Check, clock: Clock, surroundings: Surroundings) -> None:
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
            closed(self.list_jobs, title="List jobs", answers=Listing, read_only=True, open_world=False),
        ]

    async def generate_image(
        self,
        ctx: Ctx,
        prompt: arg.Prompt,
        images: arg.References = [],  # noqa: B006 - never changed, and an empty list says more than null
        model: arg.ImageModel = arg.IMAGE[0].id,
        aspect_ratio: arg.AspectRatio = "",
        resolution: arg.ImageResolution = "",
        output_format: arg.OutputFormat = "",
        style: arg.Style = "",
        wait_seconds: arg.Wait = None,
        idempotency_key: arg.IdempotencyKey = "",
        new: arg.New = False,
    ) -> CallToolResult:
        """Make or edit a picture. Costs Kie.ai credits."""
        order = ImageOrder(
            model=model,
            prompt=styled(prompt, style) if prompt.strip() else "",  # a style alone is no order
            images=tuple(images),
            aspect_ratio=aspect_ratio,
            resolution=resolution,
            output_format=output_format,
        )
        return await self._fulfil(order, ctx, wait_seconds, idempotency_key, new=new)

    async def generate_speech(
        self,
        ctx: Ctx,
        text: arg.Text,
        voice: arg.Voice = "",
        model: arg.SpeechModel = arg.SPEECH[0].id,
        speed: arg.Speed = 1.0,
        stability: arg.Stability = None,
        similarity_boost: arg.SimilarityBoost = None,
        language: arg.Language = "",
        wait_seconds: arg.Wait = None,
        idempotency_key: arg.IdempotencyKey = "",
        new: arg.New = False,
    ) -> CallToolResult:
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
        image: arg.Face = "",
        audio: arg.Sound = "",
        image_prompt: arg.FacePrompt = "",
        script: arg.Script = "",
        voice: arg.ScriptVoice = "",
        prompt: arg.Acting = "",
        model: arg.VideoModel = "",
        resolution: arg.VideoResolution = "",
        seed: arg.Seed = None,
        wait_seconds: arg.Wait = None,
        idempotency_key: arg.IdempotencyKey = "",
        new: arg.New = False,
    ) -> CallToolResult:
        """Make a face speak: image or image_prompt, and audio or script. Takes minutes; costs credits for each second."""
        order = TalkingVideoOrder(
            model=model, image=image, audio=audio, prompt=prompt, resolution=resolution, seed=seed
        )
        parts = _parts(order, image_prompt, script, voice)
        return await self._fulfil(order, ctx, wait_seconds, idempotency_key, new=new, parts=parts)

    async def get_job_status(
        self,
        ctx: Ctx,
        job_id: arg.JobName,
        wait_seconds: arg.Wait = None,
    ) -> CallToolResult:
        """Say how a job stands, and wait for its end. Free: ask as often as needed instead of ordering again."""
        job = await self._desk.ask(await self._desk.find(_name(job_id)))
        return await self._wait(job, ctx, wait_seconds)

    async def list_jobs(
        self,
        state: arg.State = None,
        kind: arg.Made = None,
        limit: arg.Limit = 20,
    ) -> CallToolResult:
        """List jobs, newest first, also those of earlier conversations. Free."""
        jobs = await self._desk.list_jobs(JobState(state) if state else None, Kind(kind) if kind else None, limit)
        return listing([await self.describe(job) for job in jobs])

    async def describe(self, job: Job, *, joined: bool = False) -> Answer:
        """The facts of a job, as every answer gives them."""
        outlook, parts = await self._desk.outlook(job), await self._desk.parts(job)
        return answer(job, outlook, self._clock.now(), parts=parts, sandbox=self._around.sandbox, joined=joined)

    async def _fulfil(
        self,
        order: Order,
        ctx: Ctx,
        wait: float | None,
        key: str,
        *,
        new: bool,
        parts: Mapping[str, Order] | None = None,
    ) -> CallToolResult:
        if self._around.no_key:
            raise MissingKeyError("There is no Kie.ai API key, so nothing can be made.", remedy=self._around.no_key)
        draft = await self._draft(order, parts=parts)
        job, joined = await self._desk.place(draft, idempotency_key=_key(key), new=new)
        try:
            return await self._wait(job, ctx, wait, joined=joined)
        except Exception as error:
            # The job goes on all the same, so its id has to reach the caller.
            await self._hear(job, Caller.LEFT)
            logger.exception("job %s: the answer is lost", job.id)
            return lost_sight(job, error)
        except BaseException:
            await self._hear(job, Caller.LEFT)
            raise

    async def _wait(self, job: Job, ctx: Ctx, given: float | None, *, joined: bool = False) -> CallToolResult:
        client = _client(ctx)
        listening = bool((ctx.request_context.meta or {}).get("progress_token"))
        seconds = patience(given, override=self._around.wait_seconds, client=client, listening=listening)
        progress = Progress(ctx.report_progress, await self._desk.outlook(job))
        with anyio.move_on_after(seconds):
            async with aclosing(self._desk.watch(job.id)) as states:
                async for job in states:
                    await progress.tell(job, self._clock.now())
        answered = result(job, await self.describe(job, joined=joined), links=profile(client).links)
        await anyio.lowlevel.checkpoint_if_cancelled()  # whoever has left meanwhile has not heard the end
        await self._hear(job, Caller.ANSWERED if job.done else Caller.TOLD)
        return answered

    async def _hear(self, job: Job, caller: Caller) -> None:
        """Note what the caller is told; an answer is not held back because that cannot be written down."""
        try:
            await self._desk.hear(job, caller)
        except KieError as error:
            logger.warning("job %s: %s", job.id, error)


def _parts(order: TalkingVideoOrder, image_prompt: str, script: str, voice: str) -> dict[str, Order]:
    """What has to be made first: a face from words, a voice from a script."""
    _either("image", order.image, "image_prompt", image_prompt)
    _either("audio", order.audio, "script", script)
    parts: dict[str, Order] = {}
    with speaking_of(**PART_WORDS):
        if image_prompt.strip():
            parts["image"] = ImageOrder(model=arg.IMAGE[0].id, prompt=image_prompt)
        if script.strip():
            parts["audio"] = SpeechOrder(model=arg.SPEECH[0].id, text=script, voice=voice)
        elif voice.strip():
            raise OrderError("voice: given, but there is no script to speak.", remedy="Give script, or leave it out.")
    return parts


def _either(file: str, given: str, words: str, said: str) -> None:
    if bool(given.strip()) is bool(said.strip()):
        problem = "both given" if given.strip() else "one of the two is needed"
        raise OrderError(f"{file}, {words}: {problem}.", remedy=f"Give {file}, or {words} to have it made first.")


def _key(given: str) -> str:
    """A key of blanks would protect nothing, silently."""
    if given and not given.strip():
        message = "idempotency_key: holds blanks only."
        raise OrderError(message, remedy="Give a key that no other order has, or leave it out.")
    return given.strip()


def _name(given: str) -> str:
    """The job's id, also out of a kie:// reference."""
    name = given.strip().removeprefix("kie://jobs/").partition("/outputs/")[0]
    if not NAME.fullmatch(name):
        message = f"There is no job {shown_url(given, 100)}: an id has letters, digits and few signs, and no blanks."
        raise UnknownJobError(message)
    return name


def _client(ctx: Ctx) -> str:
    params = ctx.session.client_params
    return params.client_info.name if params else ""
