"""Builds the answer about several jobs: what all of them have come to, and what they cost together, then each job."""

from collections.abc import Iterable, Mapping, Sequence

from mcp.types import CallToolResult, ContentBlock, ImageContent, TextContent

from kie_mcp.jobs.draft import Draft
from kie_mcp.jobs.job import Job, JobState
from kie_mcp.orders.kind import KINDS, Kind, name_kind
from kie_mcp.surface.answers.build import FAILURES, TITLE, build_lost_answer, link_output
from kie_mcp.surface.answers.costs import UNKNOWN, describe_cost, describe_sum, find_cost, write_cost, write_sum
from kie_mcp.surface.answers.schema import Answer, BatchAnswer, BatchEstimate, EstimatedJob
from kie_mcp.surface.answers.text import write_text
from kie_mcp.text import one_line, quote

AGAIN = "order again only what failed: the rest is made, and would be paid for anew"


def describe_batch(
    jobs: Sequence[Job], facts: Sequence[Answer], parts: Mapping[str, Job], *, preview: bool = False
) -> BatchAnswer:
    """Collect the facts of several jobs.

    Args:
        jobs: The jobs.
        facts: What is said of each.
        parts: The jobs that were ordered along with some of them, by id.
        preview: Whether the next question asks for a preview, too.
    """
    everything = dict(parts) | {job.id: job for job in jobs}
    return BatchAnswer(
        state=_sum_states(jobs),
        counts=count_states(jobs),
        jobs=[_shorten(one) for one in facts],
        credits=describe_sum(
            [find_cost(job) for job in everything.values()],
            estimates=[job.estimate for job in everything.values()],
            used=all(job.credits_used is not None or job.state is JobState.FAILED for job in everything.values()),
        ),
        sandbox=any(one.sandbox for one in facts) or None,
        next=_next(jobs, facts, preview=preview),
    )


def build_batch(
    jobs: Sequence[Job], whole: BatchAnswer, *, links: bool = True, preview: ImageContent | None = None
) -> CallToolResult:
    """Build what a tool returns about several jobs; it is an error only if all have ended and none has succeeded."""
    content: list[ContentBlock] = [TextContent(text=_write_batch(whole))]
    if links:
        content += [link_output(job, index, output) for job in jobs for index, output in enumerate(job.outputs)]
    if preview:
        content.append(preview)
    failed = all(job.state in FAILURES for job in jobs)
    return CallToolResult(content=content, structured_content=whole.as_json(), is_error=failed)


def build_batch_estimate(drafts: Sequence[Draft]) -> CallToolResult:
    """Build what a tool returns that was only asked what several orders would cost."""
    facts = BatchEstimate(
        credits=describe_sum([draft.credits for draft in drafts], estimates=[draft.credits for draft in drafts]),
        jobs=[
            EstimatedJob(
                kind=draft.kind,
                title=one_line(draft.title, TITLE) or None,
                model=draft.model,
                credits=describe_cost(draft.credits),
                note=draft.remark or None,
            )
            for draft in drafts
        ],
        next="the same call without estimate_only makes them",
    )
    what = f"{len(drafts)} {name_kinds(draft.kind for draft in drafts)}"
    each = [f"{number}. {_write_estimate(one)}" for number, one in enumerate(facts.jobs, 1)]
    lines = [f"estimate: {what}, {write_sum(facts.credits)}; nothing was ordered", *each, f"next: {facts.next}"]
    return CallToolResult(content=[TextContent(text="\n".join(lines))], structured_content=facts.as_json())


def build_lost_batch(jobs: Sequence[Job], error: Exception) -> CallToolResult:
    """Build what a tool returns when jobs were ordered and an error came before their states could be told."""
    return build_lost_answer(jobs[0], error, others=jobs[1:])


def count_states(jobs: Sequence[Job]) -> str:
    """Say how many of the jobs are done: "3 of 4 pictures done, 1 failed"."""
    states = [job.state for job in jobs]
    others = (JobState.FAILED, JobState.UNCONFIRMED, JobState.RUNNING, JobState.QUEUED)
    counted = [f"{states.count(state)} {state}" for state in others if state in states]
    done = f"{states.count(JobState.SUCCEEDED)} of {len(jobs)} {name_kinds(job.kind for job in jobs)} done"
    return ", ".join([done, *counted])


def name_kinds(kinds: Iterable[Kind]) -> str:
    """Return what jobs of these kinds are called together."""
    [kind, *others] = set(kinds)
    countable = not others and KINDS[kind].plural != KINDS[kind].label
    return KINDS[kind].plural if countable else "jobs"


def _sum_states(jobs: Sequence[Job]) -> JobState:
    if not all(job.done for job in jobs):
        return JobState.RUNNING
    return JobState.SUCCEEDED if all(job.state is JobState.SUCCEEDED for job in jobs) else JobState.FAILED


def _shorten(facts: Answer) -> Answer:
    """Leave out of the facts of one job what is said once for all, and what only `get_job_status` of it says."""
    facts.sandbox = facts.data = None
    if facts.state not in FAILURES:
        facts.next = None
    return facts


def _next(jobs: Sequence[Job], facts: Sequence[Answer], *, preview: bool) -> str | None:
    if not all(job.done for job in jobs):
        more = ", preview=true" if preview else ""
        return f'get_job_status(job_id="{",".join(job.id for job in jobs)}"{more})'
    states = {job.state for job in jobs}
    if states & FAILURES and JobState.SUCCEEDED in states:
        return AGAIN
    if any(one.joined for one in facts) and not states & FAILURES:
        how = "another idempotency_key" if any(job.idempotency_key for job in jobs) else "new=true"
        return f"repeat with {how} to make, and pay for, others"
    return None


def _write_batch(whole: BatchAnswer) -> str:
    """Write everything that the structured content says: a line about all, then the lines of each job."""
    lines = [f"{whole.state}: {whole.counts}, {write_sum(whole.credits)}"]
    lines += [f"note: {whole.note}"] if whole.note else []
    lines += [f"{number}. {write_text(one)}" for number, one in enumerate(whole.jobs, 1)]
    if whole.sandbox:
        lines.append("sandbox: a stand-in for Kie.ai answers here; no money is involved")
    return "\n".join([*lines, f"next: {whole.next}"] if whole.next else lines)


def _write_estimate(facts: EstimatedJob) -> str:
    title = f" {quote(facts.title)}" if facts.title else ""
    note = f"; {facts.note}" if facts.note else ""
    return f"{name_kind(facts.kind, facts.model)}{title} by {facts.model}, {write_cost(facts.credits) or UNKNOWN}{note}"
