"""The attributes of spans and metrics: OpenTelemetry's own for generative AI where they fit, else `kie.…`.

No prompt, link, path or key is among them: each value is an id, a number, or a word from a closed list.
"""

from kie_mcp.jobs.job import Job
from kie_mcp.orders.kind import KINDS
from kie_mcp.text import code

Value = str | int | float | bool
OUTPUT_TYPES = {"image": "image", "audio": "speech"}
"""`gen_ai.output.type` by the family of the files; OpenTelemetry has no word for videos."""


def of_kind(job: Job) -> dict[str, Value]:
    """Return the attributes that many jobs share, few enough for the series of a metric."""
    found: dict[str, Value] = {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.provider.name": "kie.ai",
        "gen_ai.request.model": code(job.model),
        "kie.job.kind": job.kind.value,
    }
    if output_type := OUTPUT_TYPES.get(KINDS[job.kind].family or ""):
        found["gen_ai.output.type"] = output_type
    return found


def of_job(job: Job) -> dict[str, Value]:
    """Return the attributes of one job as it is now, for spans."""
    found = of_kind(job) | {"kie.job.id": job.id, "kie.job.state": job.state.value}
    if job.task_id and not job.is_answered:  # else it is the link of the file itself
        found["gen_ai.response.id"] = code(job.task_id)
    if job.credits_used is not None:
        found["kie.job.credits"] = job.credits_used
    if job.trouble:
        found["error.type"] = code(job.trouble.category)
    return found
