"""The tools that a model can call: most check an order, place it and wait for its job."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult

from kie_mcp.jobs.job import JobState
from kie_mcp.market.search import search
from kie_mcp.market.success_rate import read_both
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.model_order import ModelOrder
from kie_mcp.orders.order import ImageOrder, SpeechOrder, TalkingVideoOrder, add_style
from kie_mcp.surface.answers.account import AccountFields
from kie_mcp.surface.answers.build import build_account, build_listing
from kie_mcp.surface.answers.model_listing import build_model_listing
from kie_mcp.surface.answers.schema import Listing, ModelListing
from kie_mcp.surface.arguments import types as arg
from kie_mcp.surface.batch_orders import is_batch, list_wishes
from kie_mcp.surface.batches import Batches
from kie_mcp.surface.call import CallOptions
from kie_mcp.surface.call_handler import CallHandler
from kie_mcp.surface.job_ids import parse_job_ids
from kie_mcp.surface.strict_tool import StrictTool, ToolFacts, publish
from kie_mcp.surface.tenant import TenantOf
from kie_mcp.surface.video_parts import FACE, VOICE, make_parts

Ctx = Context[Any]

M = TypeVar("M", bound=Callable[..., Awaitable[CallToolResult]])

_TOOLS: dict[str, ToolFacts] = {}
"""The methods of `Tools` that are tools, by name, in the order in which the server lists them."""


def _tool(facts: ToolFacts) -> Callable[[M], M]:
    """Make the method below a tool of the same name; *facts* say everything else that is published of it."""

    def register(method: M) -> M:
        _TOOLS[method.__name__] = facts
        return method

    return register


class Tools:
    """The tools, a method each; each call is for the tenant of its request."""

    def __init__(self, tenant_of: TenantOf, calls: CallHandler) -> None:
        self._tenant_of = tenant_of
        self._calls = calls
        self._batches = Batches(tenant_of, calls)

    def publish(self) -> list[StrictTool]:
        """Make all tools, in the order in which the server lists them."""
        return [publish(getattr(self, name), facts) for name, facts in _TOOLS.items()]

    # Costs credits and adds files; called again after its result, it orders another picture, which Kie.ai makes.
    @_tool(ToolFacts(title="Generate image", orders=True))
    async def generate_image(
        self,
        ctx: Ctx,
        prompt: arg.Prompt = "",
        prompts: arg.Prompts = [],  # noqa: B006 - never changed
        count: arg.Count = None,
        images: arg.References = [],  # noqa: B006 - never changed, and an empty list says more than null
        model: arg.ImageModel = arg.IMAGE[0].id,
        aspect_ratio: arg.AspectRatio = "",
        resolution: arg.ImageResolution = "",
        output_format: arg.OutputFormat = "",
        style: arg.Style = "",
        upscale: arg.Upscale = "",
        wait_seconds: arg.Wait = None,
        idempotency_key: arg.IdempotencyKey = "",
        new: arg.New = False,
        preview: arg.Preview = None,
        convert: arg.Convert = False,
        estimate_only: arg.EstimateOnly = False,
        agreed_credits: arg.AgreedCredits = None,
    ) -> CallToolResult:
        """Make, edit, enlarge, sharpen or cut out pictures. Costs Kie.ai credits."""
        order = ImageOrder(
            model=model,
            prompt=add_style(prompt, style) if prompt.strip() else "",  # a style without a prompt is refused
            images=tuple(images),
            aspect_ratio=aspect_ratio,
            resolution=resolution,
            output_format=output_format,
            upscale=upscale,
        )
        options = CallOptions(
            wait_seconds=wait_seconds,
            idempotency_key=idempotency_key,
            new=new,
            preview=preview,
            convert=convert,
            estimate_only=estimate_only,
            agreed_credits=agreed_credits,
        )
        if is_batch(prompts, count):
            texts = [add_style(one, style) if one.strip() else "" for one in prompts]
            wishes = list_wishes(order, texts, 1 if count is None else count)
            return await self._batches.order(wishes, ctx, options)
        return await self._calls.order(order, ctx, options)

    # The same of speech.
    @_tool(ToolFacts(title="Generate speech", orders=True))
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
        estimate_only: arg.EstimateOnly = False,
        agreed_credits: arg.AgreedCredits = None,
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
        options = CallOptions(
            wait_seconds=wait_seconds,
            idempotency_key=idempotency_key,
            new=new,
            estimate_only=estimate_only,
            agreed_credits=agreed_credits,
        )
        return await self._calls.order(order, ctx, options)

    # The same of up to three jobs: the video, and the picture and the speech that it is made of.
    @_tool(ToolFacts(title="Create talking video", orders=True))
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
        estimate_only: arg.EstimateOnly = False,
        agreed_credits: arg.AgreedCredits = None,
    ) -> CallToolResult:
        """Make a face speak, from image or image_prompt and audio or script. Takes minutes. Costs credits a second."""
        parts = make_parts(image, image_prompt, aspect_ratio, audio, script, voice)
        order = TalkingVideoOrder(
            model=model,
            image=FACE if FACE.part in parts else image,
            audio=VOICE if VOICE.part in parts else audio,
            prompt=prompt,
            resolution=resolution,
            seed=seed,
        )
        options = CallOptions(
            wait_seconds=wait_seconds,
            idempotency_key=idempotency_key,
            new=new,
            preview=preview,
            convert=convert,
            estimate_only=estimate_only,
            agreed_credits=agreed_credits,
        )
        return await self._calls.order(order, ctx, options, parts=parts)

    # The same of whatever the model makes.
    @_tool(ToolFacts(title="Run model", orders=True))
    async def run_model(
        self,
        ctx: Ctx,
        model: arg.AnyModel,
        input: arg.AnyInput,  # noqa: A002 - Kie.ai's own word
        wait_seconds: arg.Wait = None,
        idempotency_key: arg.IdempotencyKey = "",
        new: arg.New = False,
        preview: arg.Preview = None,
        convert: arg.Convert = False,
        estimate_only: arg.EstimateOnly = False,
        agreed_credits: arg.AgreedCredits = None,
    ) -> CallToolResult:
        """Run any other model of Kie.ai, for music, films and more. Costs Kie.ai credits."""
        order = ModelOrder(model=model, input=input)
        options = CallOptions(
            wait_seconds=wait_seconds,
            idempotency_key=idempotency_key,
            new=new,
            preview=preview,
            convert=convert,
            estimate_only=estimate_only,
            agreed_credits=agreed_credits,
        )
        return await self._calls.order(order, ctx, options)

    # Asks Kie.ai how a job stands, and notes it. Its files are saved whether this is called or not.
    @_tool(ToolFacts(title="Get job status", read_only=True))
    async def get_job_status(
        self,
        ctx: Ctx,
        job_id: arg.JobNames,
        wait_seconds: arg.Wait = None,
        preview: arg.Preview = None,
    ) -> CallToolResult:
        """Show a job's state, and wait for its end. Free: ask as often as needed instead of ordering again."""
        service = self._tenant_of(ctx.request_context).service
        options = CallOptions(wait_seconds=wait_seconds, preview=preview)
        found = [await service.find(name) for name in parse_job_ids(job_id)]
        jobs = list({job.id: job for job in found}.values())
        if len(jobs) > 1:
            return await self._batches.report_status(jobs, ctx, options)
        return await self._calls.report_status(jobs[0], ctx, options)

    # Reads the ledger, and nothing outside this computer.
    @_tool(ToolFacts(title="List jobs", answers=Listing, read_only=True, asks_kie=False))
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
        none = "no jobs yet: a sandbox that was started anew has none" if tenant.is_sandbox else "no jobs yet"
        none = "no such jobs" if state or kind else none
        return build_listing([await self._calls.describe(job, tenant) for job in jobs], none=none)

    # Asks Kie.ai for the balance, and adds up what the ledger has.
    @_tool(ToolFacts(title="Get account", answers=AccountFields, read_only=True, shows_jobs=False))
    async def get_account(self, ctx: Ctx, success_rate_of: arg.RatedModel = "") -> CallToolResult:
        """Show balance, credits spent today and this month, ceilings and what they leave, jobs in flight. Free."""
        tenant = self._tenant_of(ctx.request_context)
        account, rate = await read_both(tenant.account_reader, tenant.market, success_rate_of.strip())
        return build_account(account, sandbox=tenant.is_sandbox, rate=rate)

    # Asks Kie.ai for its list, of which a copy is kept for a day.
    @_tool(ToolFacts(title="List models", answers=ModelListing, read_only=True, shows_jobs=False))
    async def list_models(
        self,
        ctx: Ctx,
        query: arg.Words = "",
        kind: arg.Makes = None,
        provider: arg.Provider = "",
        limit: arg.Limit = 10,
    ) -> CallToolResult:
        """Find models of Kie.ai by words, with prices. Free."""
        tenant = self._tenant_of(ctx.request_context)
        listed = await tenant.market.list_models()
        found = search(listed.models, query, makes=kind, provider=provider)
        return build_model_listing(listed, found, limit, tenant.market.now())
