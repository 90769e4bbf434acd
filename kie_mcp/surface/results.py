"""A job → the answer that every client can read: all facts in the structured content, and all again in the text."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from mcp.types import CallToolResult, ContentBlock, ImageContent, ResourceLink, TextContent

from kie_mcp.errors import KieError, Trouble
from kie_mcp.jobs.desk import Outlook
from kie_mcp.jobs.job import Job, JobState, Output, Phase
from kie_mcp.jobs.orders import output_uri
from kie_mcp.kie.catalog import CREDIT_USD
from kie_mcp.surface.answer import Answer, CreditFields, ErrorFields, Listing, OutputFields, PartFields

FAILURES = frozenset({JobState.FAILED, JobState.UNCONFIRMED})


def answer(
    job: Job,
    outlook: Outlook,
    now: float,
    *,
    parts: Sequence[Job] = (),
    sandbox: bool = False,
    joined: bool = False,
) -> Answer:
    """The facts of a job, and of the jobs that were ordered along with it."""
    running = not job.done
    price = CreditFields(estimated=job.credits_estimated, used=job.credits_used)
    return Answer(
        job_id=job.id,
        kind=job.kind,
        model=job.model,
        state=job.state,
        elapsed_s=round(max((job.finished_at or now) - job.created_at, 0.0), 1),
        outputs=[_output(job, index, output) for index, output in enumerate(job.outputs)],
        joined=joined or None,
        place=outlook.place if job.phase is Phase.RESERVED and not job.waiting_for else None,
        waiting_for=list(job.waiting_for) or None,
        parts=[_part(part) for part in parts] or None,
        expected_s=round(_expected(outlook), 1) if running and outlook.usual_s else None,
        progress=job.progress if running else None,
        credits=price if price.facts() else None,
        error=_error(job, job.trouble) if job.trouble else None,
        note=_note(job, outlook),
        data=job.data,
        created_at=_iso(job.created_at),
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
        content=[TextContent(text="\n".join(["error: " + fields.message, *_error_lines(fields, charged=False)]))],
        structured_content={"error": fields.facts()},
        is_error=True,
    )


def lost_sight(job: Job, error: Exception) -> CallToolResult:
    """What a tool returns when a job was ordered and something broke before its state could be told."""
    cause = error.message if isinstance(error, KieError) else f"Something unforeseen happened ({type(error).__name__})."
    remedy = f'Do not order it again: ask with get_job_status(job_id="{job.id}").'
    fields = ErrorFields(
        category=error.category if isinstance(error, KieError) else "internal",
        message=f"{cause} The job was ordered and goes on.",
        remedy=remedy,
        retryable=False,
        may_have_been_charged=True,
    )
    lines = ["error: " + fields.message, *_error_lines(fields, charged=True), f"job: {job.id}"]
    return CallToolResult(
        content=[TextContent(text="\n".join(lines))],
        structured_content={"job_id": job.id, "error": fields.facts(), "next": _next(job, joined=False)},
        is_error=True,
    )


def listing(answers: list[Answer]) -> CallToolResult:
    """What `list_jobs` returns."""
    waiting = any(facts.state in {JobState.QUEUED, JobState.RUNNING} for facts in answers)
    jobs = Listing(jobs=answers, next="get_job_status(job_id=…)" if waiting else None)
    lines = [_row(facts) for facts in answers] or ["no such jobs"]
    lines += [f"next: {jobs.next}"] if jobs.next else []
    return CallToolResult(content=[TextContent(text="\n".join(lines))], structured_content=jobs.facts())


def text(facts: Answer) -> str:
    """All that the structured content says, state first, next step last."""
    lines = [_headline(facts)]
    if facts.error:
        done = facts.state == JobState.SUCCEEDED
        lines += [f"problem: {facts.error.message}"] if done else []
        lines += _error_lines(facts.error, charged=not done)
    if facts.note:
        lines.append(f"note: {facts.note}")
    if facts.parts:
        lines.append(f"made with: {', '.join(_part_words(part) for part in facts.parts)}")
    for output in facts.outputs:
        lines += _output_lines(output)
    if facts.data:
        lines.append(f"data: {json.dumps(facts.data)}")
    ids = f"job: {facts.job_id}"
    lines.append(f"{ids} (Kie.ai's id: {facts.kie_task_id})" if facts.kie_task_id else ids)
    if facts.sandbox:
        lines.append("sandbox: a stand-in for Kie.ai answers here; no money is involved")
    if facts.next:
        lines.append(f"next: {facts.next}")
    return "\n".join(lines)


def error_fields(trouble: Trouble) -> ErrorFields:
    """What went wrong, as fields."""
    return ErrorFields(
        category=trouble.category,
        message=trouble.message,
        remedy=trouble.remedy,
        retryable=trouble.retryable,
        may_have_been_charged=trouble.may_have_been_charged,
        upstream_message=trouble.upstream_message,
    )


def spoken(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _error(job: Job, trouble: Trouble) -> ErrorFields:
    fields = error_fields(trouble)
    fields.remedy = fields.remedy.replace("new=true", _another(job))
    return fields


def _output(job: Job, index: int, output: Output) -> OutputFields:
    return OutputFields(
        url=output.url,
        resource=output_uri(job.id, index),
        path=output.path,
        mime_type=output.mime_type,
        bytes=output.bytes,
        width=output.width,
        height=output.height,
        duration_s=output.duration_s,
        expires_at=_iso(output.expires_at) if output.expires_at else None,
    )


def _part(job: Job) -> PartFields:
    used = job.credits_estimated if job.credits_used is None else job.credits_used
    return PartFields(job_id=job.id, kind=job.kind, state=job.state, resource=output_uri(job.id, 0), credits=used)


def _part_words(part: PartFields) -> str:
    price = "" if part.credits is None else f", {part.credits:g} credits"
    return f"{part.kind.replace('_', ' ')} {part.job_id} ({part.state}{price})"


def _link(job: Job, index: int, output: Output) -> ResourceLink:
    return ResourceLink(
        uri=output.url,
        name=Path(output.path).name if output.path else f"{job.kind}-{index + 1}",
        mime_type=output.mime_type,
        size=output.bytes,
    )


def _headline(facts: Answer) -> str:
    kind = facts.kind.replace("_", " ")
    if facts.state == JobState.SUCCEEDED:
        parts = [kind, *(_shape(output) for output in facts.outputs[:1]), spoken(facts.elapsed_s), _price(facts)]
    elif facts.state == JobState.RUNNING:
        usual = f"usually about {spoken(facts.expected_s)}" if facts.expected_s else ""
        share = f"{facts.progress:.0%}" if facts.progress is not None else ""
        parts = [kind, f"{spoken(facts.elapsed_s)} so far", share, usual, _price(facts)]
    elif facts.state == JobState.QUEUED:
        parts = [kind, *_unsent(facts), _price(facts)]
    else:
        parts = [kind, facts.error.message if facts.error else ""]
    joined = " (joined the job that an equal call had started)" if facts.joined else ""
    return f"{facts.state}: " + ", ".join(part for part in parts if part) + joined


def _unsent(facts: Answer) -> list[str]:
    """A queued job may be on its way just now: only one that stands in line certainly cost nothing."""
    if facts.waiting_for:
        return ["not sent yet, nothing charged", f"waiting for {', '.join(facts.waiting_for)}"]
    return ["being sent" if facts.place is None else "not sent yet, nothing charged"]


def _shape(output: OutputFields) -> str:
    size = f"{output.width}x{output.height} " if output.width and output.height else ""
    kind = (output.mime_type or "").rpartition("/")[2].upper().replace("MPEG", "MP3")
    length = f" of {output.duration_s:.1f} s" if output.duration_s else ""
    return f"{size}{kind}{length}".strip()


def _price(facts: Answer) -> str:
    price = facts.credits or CreditFields()
    amount = price.estimated if price.used is None else price.used
    if amount is None:
        return ""
    about, dollars = "about " if price.used is None else "", amount * CREDIT_USD
    money = "under $0.01" if 0 < dollars < 0.005 else f"${dollars:.2f}"
    return f"{about}{amount:g} credits ({money})"


def _output_lines(output: OutputFields) -> list[str]:
    file = f"file: {output.path}" if output.path else "file: not saved"
    life = f" (valid until {output.expires_at} at most)" if output.expires_at else ""
    return [file, f"url: {output.url}{life}", f"chain it as: {output.resource}"]


def _error_lines(error: ErrorFields, *, charged: bool) -> list[str]:
    lines = [f'Kie.ai says: "{error.upstream_message}"'] if error.upstream_message else []
    if charged:
        lines.append("charged: it may have been" if error.may_have_been_charged else "charged: nothing that we know of")
    return [*lines, f"what to do: {error.remedy}"] if error.remedy else lines


def _row(facts: Answer) -> str:
    what = f"{facts.created_at} {facts.state} {facts.kind.replace('_', ' ')} {facts.job_id}"
    why = [facts.error.message] if facts.error else []
    return " ".join([what, *why, *(output.path or output.url for output in facts.outputs)])


def _note(job: Job, outlook: Outlook) -> str | None:
    if job.phase is Phase.RESERVED and not job.waiting_for and (outlook.place or outlook.sent_in_s >= 1):
        before = f"{outlook.place} before it" if outlook.place else "first"
        wait = f"{before}, to be sent in about {spoken(outlook.sent_in_s)}"
        return job.note or f"In line: {wait}."
    return " ".join(words for words in (job.note, job.remark) if words) or None


def _expected(outlook: Outlook) -> float:
    return outlook.sent_in_s + (outlook.usual_s or 0.0)


def _next(job: Job, *, joined: bool, parts: Sequence[Job] = ()) -> str | None:
    if not job.done:
        return f'get_job_status(job_id="{job.id}", wait_seconds=45)'
    if job.state in FAILURES and (kept := [part.kind for part in parts if not part.lost]):
        return f"ordered again with the same words, it takes the {' and the '.join(kept)} at no further cost"
    if joined and job.state is not JobState.UNCONFIRMED:
        return f"repeat with {_another(job)} to make, and pay for, another one"
    return None


def _another(job: Job) -> str:
    """What makes an equal order another job: a key is kept to, whatever else is asked for."""
    return "another idempotency_key" if job.idempotency_key else "new=true"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
