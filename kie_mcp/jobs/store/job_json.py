"""A job as JSON, as the ledger keeps it."""

import json
import re
import sqlite3
from dataclasses import replace

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from kie_mcp.jobs.job import Job
from kie_mcp.urls import bare_values

_SURROGATE = re.compile("[\ud800-\udfff]")
_jobs: TypeAdapter[Job] = TypeAdapter(Job)


def dump(job: Job) -> str:
    """Return the whole job as JSON. If it is done, the links that were handed in lose their signatures."""
    if job.done:
        job = replace(job, order={name: bare_values(value) for name, value in job.order.items()})
    try:
        return _jobs.dump_json(job, exclude_defaults=True).decode()
    except PydanticSerializationError:
        # Half of a surrogate pair, in what Kie.ai said or in a name on the disk: it must not cost the job its record.
        told = json.dumps(_jobs.dump_python(job, mode="json", exclude_defaults=True), ensure_ascii=False)
        return _SURROGATE.sub("\ufffd", told)


def load(row: sqlite3.Row) -> Job:
    """Return the job of a row."""
    return _jobs.validate_json(row["record"])
