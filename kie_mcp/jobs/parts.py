"""Jobs that were ordered along with another one, whose input they make."""

from collections.abc import Mapping
from dataclasses import replace

from kie_mcp.jobs.job import Job
from kie_mcp.orders.job_uris import output_uri


def with_parts(job: Job, made: Mapping[str, str]) -> Job:
    """Return the job with inputs that other jobs are to make: argument of the order to job id."""
    order = job.order | {argument: output_uri(job_id, 0) for argument, job_id in made.items()}
    parts = tuple(made.values())
    return replace(job, order=order, parts=parts, waiting_for=(*job.waiting_for, *parts))
