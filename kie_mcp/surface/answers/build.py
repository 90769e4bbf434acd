"""Builds the answer about a job: all facts in the structured content, and the same facts in the text.

Some clients show only the one, some only the other.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mcp.types import CallToolResult, ContentBlock, ImageContent, ResourceLink, TextContent

from kie_mcp.errors import KieError, Trouble, UnconfirmedError, look_before_repeating
from kie_mcp.jobs.account import Account
from kie_mcp.jobs.draft import Draft, Expectation
from kie_mcp.jobs.job import Job, JobState, Output, Phase
from kie_mcp.market.success_rate import SuccessRate
from kie_mcp.media.outputs.file_names import order_text
from kie_mcp.orders.job_uris import output_uri
from kie_mcp.surface.answers.accepting_tools import tools_accepting
from kie_mcp.surface.answers.account import describe_account, write_account
from kie_mcp.surface.answers.costs import describe_cost, find_cost
from kie_mcp.surface.answers.schema import (
    Answer,
    EstimateAnswer,
    EstimatedPart,
    Listing,
    OutputFields,
    PartFields,
    Refusal,
)
from kie_mcp.surface.answers.text import format_duration, write_error, write_estimate, write_listing, write_text
from kie_mcp.text import CODE, clean, make_showable, one_line, short_link
from kie_mcp.timestamps import iso
from kie_mcp.urls import MAX_URL

TITLE = 60
"""How many characters of an order's text are shown."""
FAILURES = frozenset({JobState.FAILED, JobState.UNCONFIRMED})
"""The states whose answer is marked as an error."""


def describe_job(
    job: Job,
    outlook: Expectation,
    now: float,
    *,
    parts: Sequence[Job] = (),
    sandbox: bool = False,
    joined: bool = False,
) -> Answer:
    """Collect the facts of a job, and of the jobs that were ordered with it.

    Args:
        job: The job.
        outlook: What is to be expected of it while it is not done.
        now: Seconds since 1970.
        parts: The jobs that make its inputs and were ordered with it.
        sandbox: Whether a sandbox answers in place of Kie.ai.
        joined: Whether the call joined a job that an equal call had started.
    """
    return Answer(
        job_id=job.id,
        kind=job.kind,
        title=one_line(order_text(job), TITLE) or None,
        model=clean(job.model, 2 * CODE) or "",
        state=job.state,
        elapsed_s=round(max((job.finished_at or now) - job.created_at, 0.0), 1),
        outputs=[_output(job, index, output) for index, output in enumerate(job.outputs)],
        joined=joined or None,
        place=outlook.place if _in_line(job) else None,
        waiting_for=list(job.waiting_for) or None,
        parts=[_part(part) for part in parts] or None,
        expected_s=_expected_seconds(job, outlook),
        progress=None if job.done else job.progress,
        credits=describe_cost(
            job.estimate,
            used=job.credits_used,
            parts=[find_cost(part) for part in parts],
            itself=job.phase is not Phase.FAILED,
        ),
        error=_error(job, job.trouble) if job.trouble else None,
        note=_note(job, outlook),
        data=make_showable(job.data) if job.data else None,
        created_at=iso(job.created_at),
        sandbox=sandbox or None,
        kie_task_id=job.task_id,
        next=_next(job, joined=joined, parts=parts),
    )


def build_result(job: Job, facts: Answer, *, links: bool = True, preview: ImageContent | None = None) -> CallToolResult:
    """Build what a tool returns: text, structured content, a link for each output, and the preview if there is one."""
    content: list[ContentBlock] = [TextContent(text=write_text(facts))]
    if links:
        content += [link_output(job, index, output) for index, output in enumerate(job.outputs)]
    if preview:
        content.append(preview)
    return CallToolResult(content=content, structured_content=facts.as_json(), is_error=job.state in FAILURES)


def build_estimate(draft: Draft) -> CallToolResult:
    """Build what a tool returns that was only asked what its order would cost."""
    facts = EstimateAnswer(
        kind=draft.kind,
        title=one_line(draft.title, TITLE) or None,
        model=draft.model,
        credits=describe_cost(draft.credits, parts=[part.credits for part in draft.parts.values()]),
        parts=[_estimated_part(part) for part in draft.parts.values()] or None,
        note=draft.remark or None,
        next="the same call without estimate_only makes it",
    )
    return CallToolResult(content=[TextContent(text=write_estimate(facts))], structured_content=facts.as_json())


def _estimated_part(draft: Draft) -> EstimatedPart:
    cost = draft.credits
    return EstimatedPart(
        kind=draft.kind,
        model=draft.model,
        credits=cost.most if cost else None,
        credits_least=cost.least if cost and cost.least != cost.most else None,
    )


def build_refusal(error: KieError) -> CallToolResult:
    """Build what a tool returns when there is no job: what was wrong and what to do."""
    return _build_error(Refusal(error=_clean(error.trouble)), charged=False)


def build_lost_answer(job: Job, error: Exception, *, others: Sequence[Job] = ()) -> CallToolResult:
    """Build what a tool returns when a job was ordered and an error came before its state could be told.

    *others* were ordered with the same call.
    """
    ids = ",".join(one.id for one in (job, *others))
    ask = f'get_job_status(job_id="{ids}")'
    what, it = ("The jobs were ordered and go on.", "them") if others else ("The job was ordered and goes on.", "it")
    cause = error.message if isinstance(error, KieError) else f"Something unforeseen happened ({type(error).__name__})."
    trouble = Trouble(
        category=error.category if isinstance(error, KieError) else "internal",
        message=f"{cause} {what}",
        remedy=f"Do not order {it} again: ask with {ask}.",
        may_have_been_charged=True,
    )
    return _build_error(Refusal(job_id=ids, error=trouble, next=None if job.done and not others else ask), charged=True)


def _build_error(said: Refusal, *, charged: bool) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(text=write_error(said.error, charged=charged, job_id=said.job_id or ""))],
        structured_content=said.as_json(),
        is_error=True,
    )


def build_listing(answers: list[Answer], *, none: str = "no such jobs") -> CallToolResult:
    """Build what `list_jobs` returns; *none* is the text if there are no jobs."""
    for facts in answers:
        facts.data = None  # `get_job_status` has it
    waiting = (facts.next for facts in answers if facts.state in {JobState.QUEUED, JobState.RUNNING})
    jobs = Listing(jobs=answers, next=next(waiting, None))
    return CallToolResult(content=[TextContent(text=write_listing(jobs, none=none))], structured_content=jobs.as_json())


def build_account(account: Account, *, sandbox: bool, rate: SuccessRate | None = None) -> CallToolResult:
    """Build what `get_account` returns."""
    facts = describe_account(account, sandbox=sandbox, rate=rate)
    return CallToolResult(content=[TextContent(text=write_account(account, facts))], structured_content=facts.as_json())


def _clean(trouble: Trouble) -> Trouble:
    """Return the error with Kie.ai's words made safe to show."""
    return replace(trouble, upstream_message=clean(trouble.upstream_message))


def _error(job: Job, trouble: Trouble) -> Trouble:
    if trouble.category == UnconfirmedError.category:
        trouble = replace(trouble, remedy=look_before_repeating(_new_job_hint(job)))
    return _clean(trouble)


def _output(job: Job, index: int, output: Output) -> OutputFields:
    return OutputFields(
        url=short_link(output.url, MAX_URL) or None,
        resource=output_uri(job.id, index),
        input_for=tools_accepting(job.kind, output.mime_type) or None,
        path=output.path,
        mime_type=output.mime_type,
        bytes=output.bytes,
        width=output.width,
        height=output.height,
        duration_s=output.duration_s,
        expires_at=iso(output.expires_at) if output.expires_at else None,
        note=output.note or None,
        role=output.role or None,
    )


def _part(job: Job) -> PartFields:
    uri, cost = output_uri(job.id, 0), find_cost(job)
    return PartFields(
        job_id=job.id,
        kind=job.kind,
        state=job.state,
        resource=uri,
        input_for=tools_accepting(job.kind) or None,
        credits=cost.most if cost else None,
        credits_least=cost.least if cost and cost.least != cost.most else None,
    )


def link_output(job: Job, index: int, output: Output) -> ResourceLink:
    """Make the link of an output that an answer carries."""
    return ResourceLink(
        # A shortened link would not work.
        uri=output.url if 0 < len(output.url) <= MAX_URL else output_uri(job.id, index),
        name=Path(output.path).name if output.path else f"{job.kind}-{index + 1}",
        mime_type=output.mime_type,
        size=output.bytes,
    )


def _note(job: Job, outlook: Expectation) -> str | None:
    now = job.note
    if not now and _in_line(job) and (outlook.place or outlook.sent_in_s >= 1):
        before = f"{outlook.place} before it" if outlook.place else "first"
        now = f"In line: {before}, to be sent in about {format_duration(outlook.sent_in_s)}."
    # A remark about the order comes from the first answer on, not only at the end.
    return " ".join(words for words in (now, job.remark) if words) or None


def _in_line(job: Job) -> bool:
    return job.phase is Phase.RESERVED and not job.waiting_for


def _expected_seconds(job: Job, outlook: Expectation) -> float | None:
    return None if job.done or not outlook.usual_s else round(outlook.sent_in_s + outlook.usual_s, 1)


def _next(job: Job, *, joined: bool, parts: Sequence[Job] = ()) -> str | None:
    if not job.done:
        return f'get_job_status(job_id="{job.id}")'
    if job.state in FAILURES and (kept := [part.kind for part in parts if not part.lost]):
        unsure = job.idempotency_key or any(part.state is JobState.UNCONFIRMED for part in parts)
        how = f" with {_new_job_hint(job)}" if unsure else ""
        return f"if it is ordered again{how}, the {' and the '.join(kept)} made for it will be used at no further cost"
    if joined and job.state is not JobState.UNCONFIRMED:
        return f"repeat with {_new_job_hint(job)} to make, and pay for, another one"
    return None


def _new_job_hint(job: Job) -> str:
    """Return the argument that makes an equal order a new job: with a key, only another key does."""
    return "another idempotency_key" if job.idempotency_key else "new=true"
