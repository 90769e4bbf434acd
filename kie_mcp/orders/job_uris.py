"""Addresses of jobs and of the files that they made: `kie://jobs/{id}/outputs/{n}`."""

import re

JOBS_URI = "kie://jobs"
"""All jobs; what begins so is about one of them."""

OUTPUT_URI = re.compile(r"kie://jobs/(?P<job_id>[A-Za-z0-9_-]{1,100})/outputs/(?P<index>[0-9]{1,3})")
"""A file that a job made: what one job hands to the next."""


def output_uri(job_id: str, index: int) -> str:
    """Name a file that a job made."""
    return f"{JOBS_URI}/{job_id}/outputs/{index}"


def parse_output_uri(uri: str) -> tuple[str, int] | None:
    """Return the job's id and the index of its output; None if *uri* names something else."""
    found = OUTPUT_URI.fullmatch(uri.strip())
    return (found["job_id"], int(found["index"])) if found else None


def parse_job_uri(uri: str) -> tuple[str, int | None] | None:
    """Return the id of the job that *uri* is about and, if it is about a file of that job, the file's index.

    None if it is about no job. The id is what stands there, also if no job can be called so.
    """
    if found := OUTPUT_URI.fullmatch(uri):
        return found["job_id"], int(found["index"])
    start = f"{JOBS_URI}/"
    return (uri.removeprefix(start), None) if uri.startswith(start) else None
