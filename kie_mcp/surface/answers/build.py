"""A job → the answer that every client can read: all facts in the structured content, and all again in the text."""

from collections.abc import Sequence
from pathlib import Path

from mcp.types import CallToolResult, ContentBlock, ImageContent, ResourceLink, TextContent

from kie_mcp.errors import KieError, Trouble, UnconfirmedError, look_before_repeating
from kie_mcp.jobs.draft import Expectation
from kie_mcp.jobs.job import Job, JobState, Output, Phase
from kie_mcp.media.outputs.file_names import order_text
from kie_mcp.orders.job_uris import output_uri
from kie_mcp.surface.answers.next_tools import input_for
from kie_mcp.surface.answers.schema import Answer, CreditFields, ErrorFields, Listing, OutputFields, PartFields
from kie_mcp.surface.answers.text import error_text, listing_text, spoken, text
from kie_mcp.text import CODE, clean, one_line, short_link, shown
from kie_mcp.timestamps import iso
from kie_mcp.urls import MAX_URL

TITLE = 60
"""Characters of an order's words that are shown."""
FAILURES = frozenset({JobState.FAILED, JobState.UNCONFIRMED})


def answer(
    job: Job,
    outlook: Expectation,
    now: float,
    *,
    parts: Sequence[Job] = (),
    sandbox: bool = False,
    joined: bool = False,
) -> Answer:
    """The facts of a job, and of the jobs that were ordered along with it."""
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
        expected_s=_expected(job, outlook),
        progress=None if job.done else job.progress,
        credits=_credits(job, parts),
        error=_error(job, job.trouble) if job.trouble else None,
        note=_note(job, outlook),
        data=shown(job.data) if job.data else None,
        created_at=iso(job.created_at),
        sandbox=sandbox or None,
        kie_task_id=job.task_id,
        next=_next(job, joined=joined, parts=parts),
    )


def result(job: Job, facts: Answer, *, links: bool = True, preview: ImageContent | None = None) -> CallToolResult:
    """What a tool returns: text, structured content, a link for each output, and perhaps a small picture."""
    content: list[ContentBlock] = [TextContent(text=text(facts))]
    if links:
        content += [_link(job, index, output) for index, output in enumerate(job.outputs)]
    if preview:
        content.append(preview)
    return CallToolResult(content=content, structured_content=facts.facts(), is_error=job.state in FAILURES)


def refusal(error: KieError) -> CallToolResult:
    """What a tool returns when there is no job to speak of."""
    fields = error_fields(error.trouble)
    return CallToolResult(
        content=[TextContent(text=error_text(fields, charged=False))],
        structured_content={"error": fields.facts()},
        is_error=True,
    )


def lost_sight(job: Job, error: Exception) -> CallToolResult:
    """What a tool returns when a job was ordered and something broke before its state could be told."""
    cause = error.message if isinstance(error, KieError) else f"Something unforeseen happened ({type(error).__name__})."
    fields = ErrorFields(
        category=error.category if isinstance(error, KieError) else "internal",
        message=f"{cause} The job was ordered and goes on.",
        remedy=f'Do not order it again: ask with get_job_status(job_id="{job.id}").',
        retryable=False,
        may_have_been_charged=True,
    )
    return CallToolResult(
        content=[TextContent(text=error_text(fields, charged=True, job_id=job.id))],
        structured_content={"job_id": job.id, "error": fields.facts(), "next": _next(job, joined=False)},
        is_error=True,
    )


def listing(answers: list[Answer], *, none: str = "no such jobs") -> CallToolResult:
    """What `list_jobs` returns; *none* is said if there are none."""
    for facts in answers:
        facts.data = None  # whoever wants all of one job asks for it
    waiting = (facts.next for facts in answers if facts.state in {JobState.QUEUED, JobState.RUNNING})
    jobs = Listing(jobs=answers, next=next(waiting, None))
    return CallToolResult(content=[TextContent(text=listing_text(jobs, none=none))], structured_content=jobs.facts())


def error_fields(trouble: Trouble) -> ErrorFields:
    """What went wrong, as fields."""
    return ErrorFields(
        category=trouble.category,
        message=trouble.message,
        remedy=trouble.remedy,
        retryable=trouble.retryable,
        may_have_been_charged=trouble.may_have_been_charged,
        upstream_message=clean(trouble.upstream_message),
    )


def _error(job: Job, trouble: Trouble) -> ErrorFields:
    fields = error_fields(trouble)
    if trouble.category == UnconfirmedError.category:
        fields.remedy = look_before_repeating(_another(job))
    return fields


def _output(job: Job, index: int, output: Output) -> OutputFields:
    return OutputFields(
        url=short_link(output.url, MAX_URL) or None,
        resource=output_uri(job.id, index),
        input_for=input_for(job.kind, output.mime_type) or None,
        path=output.path,
        mime_type=output.mime_type,
        bytes=output.bytes,
        width=output.width,
        height=output.height,
        duration_s=output.duration_s,
        expires_at=iso(output.expires_at) if output.expires_at else None,
        note=output.note or None,
    )


def _part(job: Job) -> PartFields:
    uri = output_uri(job.id, 0)
    return PartFields(
        job_id=job.id,
        kind=job.kind,
        state=job.state,
        resource=uri,
        input_for=input_for(job.kind) or None,
        credits=_cost(job),
    )


def _link(job: Job, index: int, output: Output) -> ResourceLink:
    return ResourceLink(
        # A part of a link would lead nowhere.
        uri=output.url if 0 < len(output.url) <= MAX_URL else output_uri(job.id, index),
        name=Path(output.path).name if output.path else f"{job.kind}-{index + 1}",
        mime_type=output.mime_type,
        size=output.bytes,
    )


def _note(job: Job, outlook: Expectation) -> str | None:
    now = job.note
    if not now and _in_line(job) and (outlook.place or outlook.sent_in_s >= 1):
        before = f"{outlook.place} before it" if outlook.place else "first"
        now = f"In line: {before}, to be sent in about {spoken(outlook.sent_in_s)}."
    # What there is to know of the order is said first of all while it can still be thought over.
    return " ".join(words for words in (now, job.remark) if words) or None


def _in_line(job: Job) -> bool:
    return job.phase is Phase.RESERVED and not job.waiting_for


def _expected(job: Job, outlook: Expectation) -> float | None:
    return None if job.done or not outlook.usual_s else round(outlook.sent_in_s + outlook.usual_s, 1)


def _credits(job: Job, parts: Sequence[Job]) -> CreditFields | None:
    known = [amount for one in (job, *parts) if (amount := _cost(one)) is not None]
    price = CreditFields(
        estimated=job.credits_estimated,
        used=job.credits_used,
        in_all=round(sum(known), 3) if parts and known else None,
    )
    return price if price.facts() else None


def _cost(job: Job) -> float | None:
    """What it has cost, or will; what was not sent, or refused, costs nothing more than that."""
    if job.credits_used is not None:
        return job.credits_used
    return 0.0 if job.phase is Phase.FAILED else job.credits_estimated


def _next(job: Job, *, joined: bool, parts: Sequence[Job] = ()) -> str | None:
    if not job.done:
        return f'get_job_status(job_id="{job.id}")'
    if job.state in FAILURES and (kept := [part.kind for part in parts if not part.lost]):
        unsure = job.idempotency_key or any(part.state is JobState.UNCONFIRMED for part in parts)
        how = f" with {_another(job)}" if unsure else ""
        return f"ordered again{how}, it takes the {' and the '.join(kept)} that was made at no further cost"
    if joined and job.state is not JobState.UNCONFIRMED:
        return f"repeat with {_another(job)} to make, and pay for, another one"
    return None


def _another(job: Job) -> str:
    """What makes an equal order another job: a key is kept to, whatever else is asked for."""
    return "another idempotency_key" if job.idempotency_key else "new=true"
