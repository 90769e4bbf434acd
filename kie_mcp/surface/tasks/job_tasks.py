"""Jobs as tasks: a task's id is its job's id, and its state is read from the ledger.

A job that failed is a completed task with the tool's error as its result: so the protocol demands. A job can neither
be stopped nor ask for input, so its task is never cancelled and never waits for its client.
"""

import logging
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from mcp.server.context import CallNext, HandlerResult
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, CallToolRequestParams, CallToolResult, TextContent
from pydantic import TypeAdapter, ValidationError

from kie_mcp.errors import KieError, UnknownJobError
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.job import UNFINISHED_STATES, Job
from kie_mcp.jobs.polling import next_look
from kie_mcp.surface.answers.text import write_text
from kie_mcp.surface.batch_orders import asks_for_batch
from kie_mcp.surface.call import CallOptions
from kie_mcp.surface.call_handler import CallHandler
from kie_mcp.surface.recipient import Recipient
from kie_mcp.surface.tasks.extension import Call, Task
from kie_mcp.surface.tenant import TenantOf
from kie_mcp.text import literal

logger = logging.getLogger(__name__)

MOST = 1000
"""How many jobs are remembered with the wishes of their clients; beyond that the oldest are forgotten."""
BOOLEAN = TypeAdapter(bool)

T = TypeVar("T")


class JobTasks:
    """The store of tasks that are jobs: it keeps none itself, since each lives in the ledger."""

    def __init__(self, tenant_of: TenantOf, calls: CallHandler, clock: Clock, *, tools: Collection[str]) -> None:
        self.tools = tools
        """The names of the tools whose calls may become tasks."""
        self._tenant_of = tenant_of
        self._calls = calls
        self._clock = clock
        self._cancelled: dict[str, None] = {}
        """Jobs whose client has cancelled the task: if it asks again, the answer mentions it."""
        self._options: dict[str, CallOptions] = {}
        """What the calls asked for, for the answer at the end; without an entry the client's default is used."""

    async def begin(self, params: CallToolRequestParams, ctx: Call, call_next: CallNext) -> Task | HandlerResult:
        """Make the call without waiting; if its job is not done then, answer with the job's task."""
        if asks_for_batch(params.arguments or {}):  # several jobs are no task: they are waited for as ever
            return await call_next(ctx)
        params.arguments = {**(params.arguments or {}), "wait_seconds": 0}
        answered = await call_next(ctx)
        if not isinstance(answered, CallToolResult) or (job_id := _unfinished_job_id(answered)) is None:
            return answered
        self._cancelled.pop(job_id, None)
        if (preview := _read_preview(params.arguments.get("preview"))) is not None:
            _remember(self._options, job_id, CallOptions(preview=preview))
        try:
            return self._task(await self._tenant_of(ctx).service.read(job_id), _headline(answered))
        except KieError as error:
            logger.warning("job %s: answered without a task: %s", job_id, error)
            return answered

    async def find(self, task_id: str, ctx: Call) -> Job:
        """Find the account's job with that id. Raises MCPError if there is none, or the ledger cannot be read."""
        try:
            return await self._tenant_of(ctx).service.read(task_id)
        except UnknownJobError as error:
            raise MCPError(INVALID_PARAMS, f"There is no task {literal(task_id, 100)} here.") from error
        except KieError as error:
            raise MCPError(INTERNAL_ERROR, error.message) from error

    async def show(self, job: Job, ctx: Call) -> Task:
        """Return the job's task; the end of a job that is returned here counts as delivered."""
        try:
            if not job.done:
                return self._task(job, await self._sentence(job, ctx))
            self._cancelled.pop(job.id, None)
            options = self._options.get(job.id, CallOptions())
            late = self._tenant_of(ctx).service.is_waking
            answered = await self._calls.answer(job, Recipient(request=ctx, late=late), options)
        except KieError as error:
            raise MCPError(INTERNAL_ERROR, error.message) from error
        self._options.pop(job.id, None)
        return self._task(job, _headline(answered), answered)

    async def cancel(self, job: Job) -> None:
        """Note that the client no longer waits. The job goes on, and an equal order can join it as before."""
        if not job.done:
            _remember(self._cancelled, job.id, None)

    async def _sentence(self, job: Job, ctx: Call) -> str:
        headline = write_text(await self._calls.describe(job, self._tenant_of(ctx))).partition("\n")[0]
        if job.id not in self._cancelled:
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


def _unfinished_job_id(answered: CallToolResult) -> str | None:
    """Return the id of the job in an answer if that job is not done; None for a finished job and for a refusal."""
    facts = cast("dict[str, Any]", answered.structured_content or {})
    return facts.get("job_id") if facts.get("state") in UNFINISHED_STATES else None


def _read_preview(given: object) -> bool | None:
    """Read the argument `preview` as the tool does, which has accepted it already: "true" is also true."""
    try:
        return BOOLEAN.validate_python(given)
    except ValidationError:
        return None  # blank or null: not given


def _remember(notes: dict[str, T], job_id: str, note: T) -> None:
    notes.pop(job_id, None)
    notes[job_id] = note
    if len(notes) > MOST:
        del notes[next(iter(notes))]


def _headline(answered: CallToolResult) -> str:
    first = answered.content[0]
    return first.text.partition("\n")[0] if isinstance(first, TextContent) else ""
