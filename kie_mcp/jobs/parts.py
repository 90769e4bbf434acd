"""Jobs that were ordered along with another one, whose input they make."""

import json
from collections.abc import Mapping
from dataclasses import replace

from kie_mcp.jobs.job import Job
from kie_mcp.orders.any_order import load_order
from kie_mcp.orders.job_uris import output_uri


def with_parts(job: Job, made: Mapping[str, str]) -> Job:
    """Return the job with the addresses of what its parts make, now that their jobs have ids: *made*, by name."""
    if not made:
        return job
    order = load_order(json.dumps(job.order))
    files = {argument: output_uri(made[part], 0) for argument, part in order.parts().items()}
    ids = tuple(dict.fromkeys(made[part] for part in order.parts().values()))
    return replace(
        job,
        order=order.with_files(files).model_dump(mode="json"),
        parts=ids,
        waiting_for=(*job.waiting_for, *ids),
    )
