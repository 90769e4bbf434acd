"""Read the ids of jobs that a call names."""

import re

from kie_mcp.errors import OrderError, UnknownJobError
from kie_mcp.orders.job_uris import parse_job_uri
from kie_mcp.surface.arguments.types import MOST_JOBS
from kie_mcp.urls import quote_url

JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{,99}")
"""What an id looks like, ours or Kie.ai's: Kie.ai is not asked about anything else."""


def parse_job_ids(given: str) -> list[str]:
    """Return the ids in a text, which stand between commas or blanks. Raises UnknownJobError, OrderError."""
    names = list(dict.fromkeys(map(_parse_job_id, re.split(r"[,\s]+", given.strip(" ,\t\r\n")))))
    if len(names) > MOST_JOBS:
        problem = f"{len(names)} jobs given; at most {MOST_JOBS} are allowed."
        raise OrderError(problem, argument="job_id", remedy="Ask about fewer at a time.")
    return names


def _parse_job_id(given: str) -> str:
    """Return the job's id, also from a kie:// URI. Raises UnknownJobError if it cannot be an id."""
    text = given.strip()
    name = (parse_job_uri(text) or (text, None))[0].partition("/outputs/")[0]
    if not JOB_ID.fullmatch(name):
        message = (
            f"There is no job {quote_url(given, 100)}: an id has at most 100 letters, digits, '_', '.', ':' and '-'."
        )
        raise UnknownJobError(message)
    return name
