"""Write and read the addresses of jobs and of their outputs: `kie://jobs/{id}/outputs/{n}`."""

import re

JOBS_URI = "kie://jobs"
"""The address of all jobs; that of one job or output begins with it."""

OUTPUT_URI = re.compile(r"kie://jobs/(?P<job_id>[A-Za-z0-9_-]{1,100})/outputs/(?P<index>[0-9]{1,3})")
"""The address of an output, by which one job takes the file of another."""


def output_uri(job_id: str, index: int) -> str:
    """Return the address of a job's output; *index* counts from 0."""
    return f"{JOBS_URI}/{job_id}/outputs/{index}"


def parse_output_uri(uri: str) -> tuple[str, int] | None:
    """Return the job's id and the index of its output; None if *uri* names something else."""
    found = OUTPUT_URI.fullmatch(uri.strip())
    return (found["job_id"], int(found["index"])) if found else None


def parse_job_uri(uri: str) -> tuple[str, int | None] | None:
    """Return the job's id in the address of a job or of an output, and the output's index or None.

    None for any other address. The id is returned as it is written, even if no job can have it.
    """
    if found := OUTPUT_URI.fullmatch(uri):
        return found["job_id"], int(found["index"])
    start = f"{JOBS_URI}/"
    return (uri.removeprefix(start), None) if uri.startswith(start) else None
