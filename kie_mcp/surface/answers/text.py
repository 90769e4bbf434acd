"""The text of an answer, for people and models: the state first, then the files, the next step last."""

from kie_mcp.errors import Trouble
from kie_mcp.jobs.estimate import Estimate, format_credits
from kie_mcp.jobs.job import JobState
from kie_mcp.orders.kind import name_kind
from kie_mcp.surface.answers.costs import UNKNOWN, write_cost
from kie_mcp.surface.answers.schema import Answer, EstimateAnswer, EstimatedPart, Listing, OutputFields, PartFields
from kie_mcp.text import code, dump_json, quote, short_link

ROW_FILES = 4
"""How many files of a job its line in a list names."""
ROW_LINK = 200
"""How many characters of a link are shown there."""


def write_text(facts: Answer) -> str:
    """Write everything that the structured content says, as lines of text."""
    return "\n".join([_headline(facts), *_problem(facts), *_made_lines(facts), *_rest(facts)])


def write_estimate(facts: EstimateAnswer) -> str:
    """Write what an order would cost: the sum first, then what it is made with, the next step last."""
    kind = name_kind(facts.kind, facts.model)
    what = kind if kind == facts.model else f"{kind} by {facts.model}"
    lines = [f"estimate: {what}, {write_cost(facts.credits) or UNKNOWN}; nothing was ordered"]
    lines += [f"note: {facts.note}"] if facts.note else []
    if facts.parts:
        costs = [UNKNOWN if part.credits is None else _write_part_cost(part) for part in facts.parts]
        made = [f"{part.kind} by {part.model} ({cost})" for part, cost in zip(facts.parts, costs, strict=True)]
        lines.append(f"made with: {', '.join(made)}")
    return "\n".join([*lines, f"next: {facts.next}"])


def write_error(error: Trouble, *, charged: bool, job_id: str = "") -> str:
    """Write an error where no job's state can be told. *charged*: whether to say if something may have been charged."""
    lines = ["error: " + error.message, *_error_lines(error, charged=charged)]
    return "\n".join([*lines, f"job: {job_id}"] if job_id else lines)


def write_listing(jobs: Listing, *, none: str) -> str:
    """Write a line for each job, then the next step; *none* is the text if there are no jobs."""
    lines = [_row(facts) for facts in jobs.jobs] or [none]
    return "\n".join([*lines, f"next: {jobs.next}"] if jobs.next else lines)


def format_duration(seconds: float) -> str:
    """Format seconds as people say them: "48 s", "3 min", "2.0 h"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _headline(facts: Answer) -> str:
    kind = name_kind(facts.kind, facts.model)
    if facts.state == JobState.SUCCEEDED:
        made = f"made in {format_duration(facts.elapsed_s)}"
        parts = [kind, *(_shape(output) for output in facts.outputs[:1]), made, write_cost(facts.credits)]
    elif facts.state == JobState.RUNNING:
        usual = f"usually about {format_duration(facts.expected_s)}" if facts.expected_s else ""
        share = f"{facts.progress:.0%}" if facts.progress is not None else ""
        parts = [kind, f"{format_duration(facts.elapsed_s)} so far", share, usual, write_cost(facts.credits) or UNKNOWN]
    elif facts.state == JobState.QUEUED:
        parts = [kind, *_unsent(facts), write_cost(facts.credits) or UNKNOWN]
    else:
        parts = [kind, facts.error.message if facts.error else ""]
    joined = " (joined the job that an equal call had started)" if facts.joined else ""
    return f"{facts.state}: " + ", ".join(part for part in parts if part) + joined


def _unsent(facts: Answer) -> list[str]:
    """Describe a queued job. It may just now be on its way: only one that waits in line has certainly cost nothing."""
    if facts.waiting_for and facts.parts:
        return ["not sent yet", f"waiting for its {' and its '.join(_list_awaited(facts))}"]
    if facts.waiting_for:
        return ["not sent yet, nothing charged", f"waiting for {', '.join(facts.waiting_for)}"]
    return ["being sent" if facts.place is None else "not sent yet, nothing charged"]


def _list_awaited(facts: Answer) -> list[str]:
    """List what a job waits for: its parts by kind, other jobs by id."""
    kinds = {part.job_id: part.kind for part in facts.parts or ()}
    return [kinds.get(job_id, job_id) for job_id in facts.waiting_for or ()]


def _shape(output: OutputFields) -> str:
    size = f"{output.width}x{output.height} " if output.width and output.height else ""
    kind = (output.mime_type or "").rpartition("/")[2].upper().replace("MPEG", "MP3")
    length = f" of {output.duration_s:.1f} s" if output.duration_s else ""
    return f"{size}{kind}{length}".strip()


def _problem(facts: Answer) -> list[str]:
    """Write what went wrong; the headline of a failed or unconfirmed job has the message already."""
    if not facts.error:
        return []
    if facts.state in {JobState.FAILED, JobState.UNCONFIRMED}:
        return _error_lines(facts.error, charged=True, itself=bool(facts.parts))
    return [f"problem: {facts.error.message}", *_error_lines(facts.error, charged=False)]


def _made_lines(facts: Answer) -> list[str]:
    lines = [line for output in facts.outputs for line in _output_lines(output)]
    return [*lines, f"data: {dump_json(facts.data)}"] if facts.data else lines


def _rest(facts: Answer) -> list[str]:
    lines = [f"note: {facts.note}"] if facts.note else []
    if facts.parts:
        lines.append(f"made with: {', '.join(_part_words(part) for part in facts.parts)}")
    theirs = f" (Kie.ai's id: {code(facts.kie_task_id, 100)})" if facts.kie_task_id else ""
    title = f" {quote(own)}" if (own := _own_title(facts)) else ""
    lines.append(f"job: {facts.job_id}{theirs}{title}")
    if facts.sandbox:
        lines.append("sandbox: a stand-in for Kie.ai answers here; no money is involved")
    return [*lines, f"next: {facts.next}"] if facts.next else lines


def _output_lines(output: OutputFields) -> list[str]:
    name = (output.role or "file").replace("_", " ")
    file = f"{name}: {output.path or 'not saved'}"
    life = f" (valid until {output.expires_at} at most)" if output.expires_at else ""
    odd = [f"about the file: {output.note}"] if output.note else []
    link = [f"url: {short_link(output.url)}{life}"] if output.url else []
    way = "chain it as" if output.input_for else "read it as"
    return [file, *odd, *link, f"{way}: {output.resource}"]


def _error_lines(error: Trouble, *, charged: bool, itself: bool = False) -> list[str]:
    lines = [f"Kie.ai says: {quote(error.upstream_message)}"] if error.upstream_message else []
    if charged:
        known = "charged: it may have been" if error.may_have_been_charged else "charged: nothing that we know of"
        lines.append(f"{known} for this job itself" if itself else known)
    return [*lines, f"what to do: {error.remedy}"] if error.remedy else lines


def _part_words(part: PartFields) -> str:
    price = [_write_part_cost(part)] if part.credits is not None else []
    return f"{name_kind(part.kind, '')} {part.job_id} ({', '.join([part.state, *price])})"


def _write_part_cost(part: PartFields | EstimatedPart) -> str:
    most = part.credits or 0.0
    return format_credits(Estimate(most if part.credits_least is None else part.credits_least, most))


def _own_title(facts: Answer) -> str:
    """Return the title unless it is the model's name, which stands for it where an order has no words."""
    return facts.title if facts.title and facts.title != facts.model else ""


def _row(facts: Answer) -> str:
    what = f"{facts.created_at} {facts.state} {name_kind(facts.kind, facts.model)} {facts.job_id}"
    title = [quote(own)] if (own := _own_title(facts)) else []
    why = [facts.error.message] if facts.error else []
    files = [output.path or short_link(output.url or output.resource, ROW_LINK) for output in facts.outputs]
    more = [f"(and {len(files) - ROW_FILES} more)"] if len(files) > ROW_FILES else []
    return " ".join([what, *title, *why, *files[:ROW_FILES], *more])
