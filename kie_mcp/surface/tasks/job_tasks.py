"""Jobs as tasks, for the clients that ask for tasks: the task's id is the job's, and the ledger is what is asked.

A job that failed is a task that completed with the tool's error, as the protocol has it. A job can neither be stopped
nor asked for input, so its task is never cancelled and never waits for its client.
"""

import logging
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from mcp.server.context import CallNext, HandlerResult
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, CallToolRequestParams, CallToolResult, TextContent
from pydantic import TypeAdapter, ValidationError

from kie_mcp.errors import KieError, UnknownJobError
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.job import Job, JobState
from kie_mcp.jobs.polling import next_look
from kie_mcp.surface.answers.text import text
from kie_mcp.surface.calls import CallHandler, CallOptions, Connection
from kie_mcp.surface.tasks.extension import Call, Task
from kie_mcp.surface.tenant import TenantOf
from kie_mcp.text import literal

logger = logging.getLogger(__name__)

ORDERING = frozenset({"generate_image", "generate_speech", "create_talking_video"})
UNFINISHED = frozenset({JobState.QUEUED.value, JobState.RUNNING.value})
MOST = 1000
"""Jobs of which it is remembered what their clients wished; of the oldest it is forgotten first."""
WISH = TypeAdapter(bool)

Kept = TypeVar("Kept")


class JobTasks:
    """Keeps no task: each is a job of the tenant's, and lives as long as the ledger."""

    tools = ORDERING

    def __init__(self, tenant_of: TenantOf, calls: CallHandler, clock: Clock) -> None:
        self._tenant_of = tenant_of
        self._calls = calls
        self._clock = clock
        self._left: dict[str, None] = {}
        """Jobs whose client no longer waits: a word for whoever asks all the same."""
        self._manners: dict[str, CallOptions] = {}
        """What was wished for the first answer; once it is forgotten it is what is usual with the client."""

    async def begin(self, params: CallToolRequestParams, ctx: Call, call_next: CallNext) -> Task | HandlerResult:
        """Order without waiting: the ordinary answer of a job that is not done becomes its task."""
        params.arguments = {**(params.arguments or {}), "wait_seconds": 0}
        answered = await call_next(ctx)
        if not isinstance(answered, CallToolResult) or (job_id := _unfinished(answered)) is None:
            return answered
        self._left.pop(job_id, None)
        if (preview := _wish(params.arguments.get("preview"))) is not None:
            _note(self._manners, job_id, CallOptions(preview=preview))
        try:
            return self._task(await self._tenant_of(ctx).service.read(job_id), _headline(answered))
        except KieError as error:
            logger.warning("job %s: answered without a task: %s", job_id, error)
            return answered

    async def find(self, task_id: str, ctx: Call) -> Job:
        """The account's job with that id of ours. Raises MCPError."""
        try:
            return await self._tenant_of(ctx).service.read(task_id)
        except UnknownJobError as error:
            raise MCPError(INVALID_PARAMS, f"There is no task {literal(task_id, 100)} here.") from error
        except KieError as error:
            raise MCPError(INTERNAL_ERROR, error.message) from error

    async def show(self, job: Job, ctx: Call) -> Task:
        """The task as the ledger has the job; an end that is handed out here is delivered."""
        try:
            if not job.done:
                return self._task(job, await self._sentence(job, ctx))
            self._left.pop(job.id, None)
            manner = self._manners.get(job.id, CallOptions())
            late = self._tenant_of(ctx).service.is_waking
            answered = await self._calls.tell(job, Connection(request=ctx, late=late), manner)
        except KieError as error:
            raise MCPError(INTERNAL_ERROR, error.message) from error
        self._manners.pop(job.id, None)
        return self._task(job, _headline(answered), answered)

    async def cancel(self, job: Job) -> None:
        """Only the waiting ends: the caller was told of the job, so an equal order joins it as before."""
        if not job.done:
            _note(self._left, job.id, None)

    async def _sentence(self, job: Job, ctx: Call) -> str:
        headline = text(await self._calls.describe(job, self._tenant_of(ctx))).partition("\n")[0]
        if job.id not in self._left:
            return headline
        ask = f'get_job_status(job_id="{job.id}")'
        goes_on = "Only the waiting was cancelled: the job goes on and is paid for all the same"
        return f"{headline}. {goes_on}; {ask} says how it ends"

    def _task(self, job: Job, message: str, answered: CallToolResult | None = None) -> Task:
        elapsed = self._clock.now() - (job.sent_at or job.created_at)
        return Task(
            task_id=job.id,
            status="completed" if answered else "working",
            status_message=message,
            created_at=datetime.fromtimestamp(job.created_at, UTC),
            last_updated_at=datetime.fromtimestamp(job.updated_at, UTC),
            ttl_ms=None,  # the ledger forgets no job
            poll_interval_ms=None if answered else round(next_look(elapsed, ()) * 1000),
            result=answered,
        )


def _unfinished(answered: CallToolResult) -> str | None:
    """The id of the job that goes on; None for an end, and for a refusal."""
    facts = cast("dict[str, Any]", answered.structured_content or {})
    return facts["job_id"] if facts.get("state") in UNFINISHED else None


def _wish(given: object) -> bool | None:
    """Read it as the tool does, by which it is accepted already: models write true also as a text."""
    try:
        return WISH.validate_python(given)
    except ValidationError:
        return None  # blank or null, which count as not given


def _note(notes: dict[str, Kept], job_id: str, note: Kept) -> None:
    notes.pop(job_id, None)
    notes[job_id] = note
    if len(notes) > MOST:
        del notes[next(iter(notes))]


def _headline(answered: CallToolResult) -> str:
    first = answered.content[0]
    return first.text.partition("\n")[0] if isinstance(first, TextContent) else ""
