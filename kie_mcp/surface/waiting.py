"""From an order to its answer: placed with the desk, waited for with progress, told.

The caller owns nothing here. It may go away at any time; what it has heard is noted.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

import anyio
import anyio.lowlevel
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult

from kie_mcp.errors import KieError, MissingKeyError, OrderError
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.desk import Desk
from kie_mcp.jobs.drafts import Draft
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.ledger import Caller
from kie_mcp.jobs.orders import Order
from kie_mcp.surface.answer import Answer
from kie_mcp.surface.patience import NO_WISHES, Wishes, patience, profile
from kie_mcp.surface.previews import Previews
from kie_mcp.surface.progress import Progress
from kie_mcp.surface.results import answer, lost_sight, result

logger = logging.getLogger(__name__)

Ctx = Context[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the tools need to know of where they run."""

    sandbox: bool = False
    wishes: Wishes = NO_WISHES
    """What the settings say of how clients are answered."""
    no_key: str = ""
    """If there is no key: how to get one and where to put it, for whoever calls a tool that costs credits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a caller wants its order to be taken, and itself to be answered."""

    wait_seconds: float | None = None
    idempotency_key: str = ""
    new: bool = False
    preview: bool | None = None
    convert: bool = False


class Check(Protocol):
    """Checks an order, and those of the parts that are to make its inputs."""

    def __call__(
        self, order: Order, /, *, parts: Mapping[str, Order] | None = None, convert: bool = False
    ) -> Awaitable[Draft]:
        """Return what is known of the job before it is written down. Raises OrderError."""
        ...


class Waiting:
    """Places orders and waits with their callers, over one desk."""

    def __init__(self, desk: Desk, check: Check, clock: Clock, surroundings: Surroundings) -> None:
        self._desk = desk
        self._check = check
        self._clock = clock
        self._around = surroundings
        self._previews = Previews()

    @property
    def nothing_yet(self) -> str:
        """What is said of a ledger without jobs."""
        return "no jobs yet: a sandbox that was started anew has none" if self._around.sandbox else "no jobs yet"

    async def order(
        self, order: Order, ctx: Ctx, manner: Manner, *, parts: Mapping[str, Order] | None = None
    ) -> CallToolResult:
        """Place an order, wait for its end as long as the client can, and answer. Raises KieError if it is refused."""
        if self._around.no_key:
            raise MissingKeyError("There is no Kie.ai API key, so nothing can be made.", remedy=self._around.no_key)
        draft = await self._check(order, parts=parts, convert=manner.convert)
        job, joined = await self._desk.place(draft, idempotency_key=_key(manner.idempotency_key), new=manner.new)
        try:
            return await self.wait(job, ctx, manner, joined=joined)
        except Exception as error:
            # The job goes on all the same, so its id has to reach the caller.
            await self._hear(job, Caller.LEFT)
            logger.exception("job %s: the answer is lost", job.id)
            return lost_sight(job, error)
        except BaseException:
            await self._hear(job, Caller.LEFT)
            raise

    async def ask(self, job: Job, ctx: Ctx, manner: Manner) -> CallToolResult:
        """Have a fresh look at the job, wait for its end as long as the client can, and answer."""
        began, seconds = self._clock.now(), self._patience(ctx, manner)
        job = await self._desk.ask(job, seconds=seconds)
        return await self.wait(job, ctx, manner, seconds=seconds - (self._clock.now() - began))

    async def wait(
        self, job: Job, ctx: Ctx, manner: Manner, *, joined: bool = False, seconds: float | None = None
    ) -> CallToolResult:
        """Wait for the job's end as long as the client can, and answer."""
        progress = Progress(ctx.report_progress, await self._desk.outlook(job))
        with anyio.move_on_after(self._patience(ctx, manner) if seconds is None else max(seconds, 0)):
            async with aclosing(self._desk.watch(job.id)) as states:
                async for job in states:
                    await progress.tell(job, self._clock.now())
        return await self.tell(job, _client(ctx), manner, joined=joined, has_left=lambda: _has_left(ctx))

    def _patience(self, ctx: Ctx, manner: Manner) -> float:
        known = profile(_client(ctx), self._around.wishes)
        listening = bool((ctx.request_context.meta or {}).get("progress_token"))
        return patience(manner.wait_seconds, known, listening=listening)

    async def tell(
        self,
        job: Job,
        client: str,
        manner: Manner,
        *,
        joined: bool = False,
        has_left: Callable[[], Awaitable[bool]] | None = None,
    ) -> CallToolResult:
        """Answer as this client can be answered; from then on it counts as told, unless it has left."""
        known = profile(client, self._around.wishes)
        facts = await self.describe(job, joined=joined)
        if manner.preview and not job.done:
            facts.next = f'get_job_status(job_id="{job.id}", wait_seconds=45, preview=true)'
        asked = known.preview if manner.preview is None else manner.preview
        picture, problem = await self._previews.show(job) if asked else (None, "")
        if problem and (manner.preview or self._around.wishes.preview):
            facts.note = " ".join(words for words in (facts.note, problem) if words)
        answered = result(job, facts, links=known.links, preview=picture)
        await anyio.lowlevel.checkpoint_if_cancelled()  # whoever has left meanwhile has not heard the end
        left = has_left is not None and await has_left()
        await self._hear(job, Caller.LEFT if left else Caller.ANSWERED if job.done else Caller.TOLD)
        return answered

    async def describe(self, job: Job, *, joined: bool = False) -> Answer:
        """The facts of a job, as every answer gives them."""
        outlook, parts = await self._desk.outlook(job), await self._desk.parts(job)
        return answer(job, outlook, self._clock.now(), parts=parts, sandbox=self._around.sandbox, joined=joined)

    async def _hear(self, job: Job, caller: Caller) -> None:
        """Note what the caller is told; an answer is not held back because that cannot be written down."""
        try:
            await self._desk.hear(job, caller)
        except KieError as error:
            logger.warning("job %s: %s", job.id, error)


def _key(given: str) -> str:
    """A key of blanks would protect nothing, silently."""
    if given and not given.strip():
        message = "idempotency_key: holds blanks only."
        raise OrderError(message, remedy="Give a key that no other order has, or leave it out.")
    return given.strip()


async def _has_left(ctx: Ctx) -> bool:
    """Whether the connection that the answer would go to is gone: over HTTP a call of the older era outlives it."""
    request = ctx.request_context.request
    return request is not None and await request.is_disconnected()


def _client(ctx: Ctx) -> str:
    params = ctx.session.client_params
    return params.client_info.name if params else ""
