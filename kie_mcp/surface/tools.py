"""The tools that a model can call: each is an order, a submission and a wait."""

import re
from typing import Any

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult

from kie_mcp.catalog.validate import speaking_of
from kie_mcp.errors import OrderError, UnknownJobError
from kie_mcp.jobs.job import JobState
from kie_mcp.orders.job_uris import parse_job_uri
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.order import ImageOrder, Order, SpeechOrder, TalkingVideoOrder, styled
from kie_mcp.orders.part_file import PartFile
from kie_mcp.planner import PART_WORDS
from kie_mcp.surface.answers.build import listing
from kie_mcp.surface.answers.schema import Answer, Listing
from kie_mcp.surface.arguments import types as arg
from kie_mcp.surface.calls import CallHandler, CallOptions
from kie_mcp.surface.strict_tool import StrictTool, publish
from kie_mcp.surface.tenant import TenantOf
from kie_mcp.surface.viewer import SHOWN_IN_VIEWER
from kie_mcp.urls import shown_url

Ctx = Context[Any]
FACE, VOICE = PartFile(part="face"), PartFile(part="voice")
"""What a talking video is made of, if it is made along with it."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")
"""What an id may look like, ours or Kie.ai's: for nothing else a question is sent."""


class Tools:
    """The tools, for the tenant that each call is of."""

    def __init__(self, tenant_of: TenantOf, calls: CallHandler) -> None:
        self._tenant_of = tenant_of
        self._calls = calls

    def published(self) -> list[StrictTool]:
        """The tools as the server lists them: all that is said of one beside its function is said here."""
        job: dict[str, Any] = {"answers": Answer, "meta": SHOWN_IN_VIEWER}
        jobs: dict[str, Any] = {"answers": Listing, "meta": SHOWN_IN_VIEWER}
        return [
            publish(self.generate_image, title="Generate image", orders=True, **job),
            publish(self.generate_speech, title="Generate speech", orders=True, **job),
            publish(self.create_talking_video, title="Create talking video", orders=True, **job),
            publish(self.get_job_status, title="Get job status", read_only=True, **job),
            publish(self.list_jobs, title="List jobs", read_only=True, open_world=False, **jobs),
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
        preview: arg.Preview = None,
        convert: arg.Convert = False,
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
        manner = CallOptions(
            wait_seconds=wait_seconds, idempotency_key=idempotency_key, new=new, preview=preview, convert=convert
        )
        return await self._calls.order(order, ctx, manner)

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
        manner = CallOptions(wait_seconds=wait_seconds, idempotency_key=idempotency_key, new=new)
        return await self._calls.order(order, ctx, manner)

    async def create_talking_video(
        self,
        ctx: Ctx,
        image: arg.Face = "",
        audio: arg.Sound = "",
        image_prompt: arg.FacePrompt = "",
        script: arg.Script = "",
        voice: arg.ScriptVoice = "",
        aspect_ratio: arg.FaceRatio = "",
        prompt: arg.Acting = "",
        model: arg.VideoModel = "",
        resolution: arg.VideoResolution = "",
        seed: arg.Seed = None,
        wait_seconds: arg.Wait = None,
        idempotency_key: arg.IdempotencyKey = "",
        new: arg.New = False,
        preview: arg.Preview = None,
        convert: arg.Convert = False,
    ) -> CallToolResult:
        """Make a face speak, from image or image_prompt and audio or script. Takes minutes. Costs credits a second."""
        parts = _parts(image, image_prompt, aspect_ratio, audio, script, voice)
        order = TalkingVideoOrder(
            model=model,
            image=FACE if FACE.part in parts else image,
            audio=VOICE if VOICE.part in parts else audio,
            prompt=prompt,
            resolution=resolution,
            seed=seed,
        )
        manner = CallOptions(
            wait_seconds=wait_seconds, idempotency_key=idempotency_key, new=new, preview=preview, convert=convert
        )
        return await self._calls.order(order, ctx, manner, parts=parts)

    async def get_job_status(
        self,
        ctx: Ctx,
        job_id: arg.JobName,
        wait_seconds: arg.Wait = None,
        preview: arg.Preview = None,
    ) -> CallToolResult:
        """Say how a job stands, and wait for its end. Free: ask as often as needed instead of ordering again."""
        job = await self._tenant_of(ctx.request_context).service.find(_name(job_id))
        return await self._calls.ask(job, ctx, CallOptions(wait_seconds=wait_seconds, preview=preview))

    async def list_jobs(
        self,
        ctx: Ctx,
        state: arg.State = None,
        kind: arg.Made = None,
        limit: arg.Limit = 20,
    ) -> CallToolResult:
        """List jobs, newest first, also those of earlier conversations. Free."""
        tenant = self._tenant_of(ctx.request_context)
        jobs = await tenant.service.list_jobs(JobState(state) if state else None, Kind(kind) if kind else None, limit)
        none = "no jobs yet: a sandbox that was started anew has none" if tenant.sandbox else "no jobs yet"
        none = "no such jobs" if state or kind else none
        return listing([await self._calls.describe(job, tenant) for job in jobs], none=none)


def _parts(image: str, image_prompt: str, aspect_ratio: str, audio: str, script: str, voice: str) -> dict[str, Order]:
    """What has to be made first: a face from words, a voice from a script."""
    _either("image", image, "image_prompt", image_prompt)
    _either("audio", audio, "script", script)
    parts: dict[str, Order] = {}
    with speaking_of(**PART_WORDS):
        if image_prompt.strip():
            parts[FACE.part] = ImageOrder(model=arg.IMAGE[0].id, prompt=image_prompt, aspect_ratio=aspect_ratio)
        elif aspect_ratio.strip():
            problem = "given, but the video has the shape of the picture that is given."
            remedy = "Leave it out, or have the face made: image_prompt."
            raise OrderError(problem, argument="aspect_ratio", remedy=remedy)
        if script.strip():
            parts[VOICE.part] = SpeechOrder(model=arg.SPEECH[0].id, text=script, voice=voice)
        elif voice.strip():
            problem = "given, but there is no script to speak."
            raise OrderError(problem, argument="voice", remedy="Give script, or leave it out.")
    return parts


def _either(file: str, given: str, words: str, said: str) -> None:
    if bool(given.strip()) is bool(said.strip()):
        problem = "both given." if given.strip() else "one of the two is needed."
        remedy = f"Give {file}, or {words} to have it made first."
        raise OrderError(problem, argument=f"{file}, {words}", remedy=remedy)


def _name(given: str) -> str:
    """The job's id, also out of a kie:// reference."""
    text = given.strip()
    name = (parse_job_uri(text) or (text, None))[0].partition("/outputs/")[0]
    if not NAME.fullmatch(name):
        message = f"There is no job {shown_url(given, 100)}: an id has letters, digits and few signs, and no blanks."
        raise UnknownJobError(message)
    return name
