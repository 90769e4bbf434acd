"""The list of resources: what is always there, then the files that jobs made, newest first and page by page."""

import base64
from pathlib import Path
from typing import Any

from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, Annotations, ListResourcesResult, PaginatedRequestParams, Resource

from kie_mcp.errors import UnknownJobError
from kie_mcp.jobs.history import PAGE
from kie_mcp.jobs.job import Job, Output
from kie_mcp.media.outputs.file_names import order_text
from kie_mcp.orders.job_uris import output_uri
from kie_mcp.surface.answers.next_tools import input_for
from kie_mcp.surface.server import KieServer
from kie_mcp.surface.tenant import TenantOf
from kie_mcp.text import CODE, code, one_line
from kie_mcp.timestamps import iso

TITLE = 80
"""Characters of the words that a file was made from."""


def register(server: KieServer, tenant_of: TenantOf) -> None:
    """List the files that the account's jobs have made beside the server's own resources."""

    async def listed(context: ServerRequestContext[Any, Any], params: PaginatedRequestParams) -> ListResourcesResult:
        first = [] if params.cursor else await server.list_resources()
        history = tenant_of(context).history
        try:
            jobs = await history.made(limit=PAGE + 1, after=_job_id(params.cursor) if params.cursor else "")
        except (ValueError, UnknownJobError):
            raise MCPError(INVALID_PARAMS, "cursor: is not one that this list gave; ask without one.") from None
        return ListResourcesResult(
            resources=[*first, *(file for job in jobs[:PAGE] for file in files(job))],
            next_cursor=_cursor(jobs[PAGE - 1]) if len(jobs) > PAGE else None,
        )

    server.answer("resources/list", PaginatedRequestParams, listed)


def files(job: Job) -> list[Resource]:
    """The files that a job made, as resources."""
    return [_file(job, index, output) for index, output in enumerate(job.outputs)]


def _file(job: Job, index: int, output: Output) -> Resource:
    kind = job.kind.replace("_", " ").capitalize()
    # The words are whoever's who ordered it, so they are shown as the rest of a sentence of ours.
    words = one_line(order_text(job), TITLE)
    return Resource(
        uri=output_uri(job.id, index),
        name=Path(output.path).name if output.path else f"{job.kind}-{index + 1}",
        title=f"{kind}: {words}" if words else kind,
        description=_description(job, output),
        mime_type=output.mime_type,
        size=output.bytes,
        annotations=Annotations(last_modified=iso(job.finished_at or job.updated_at)),
    )


def _description(job: Job, output: Output) -> str | None:
    made = f"Made by {code(job.model, 2 * CODE)}." if job.model else ""
    tools = input_for(job.kind, output.mime_type)
    goes_in = f"Can go into {' and '.join(tools)} by this URI." if tools else ""
    return " ".join(filter(None, (made, goes_in))) or None


def _cursor(job: Job) -> str:
    """Where the next page begins: at a job and not at a number, so that new ones shift nothing."""
    return base64.urlsafe_b64encode(job.id.encode()).decode()


def _job_id(cursor: str) -> str:
    """The job of a cursor. Raises ValueError if it is none."""
    return base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode()
