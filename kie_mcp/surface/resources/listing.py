"""The list of resources: the fixed ones, then the files that jobs made, newest first, in pages."""

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
from kie_mcp.orders.kind import name_kind
from kie_mcp.surface.answers.accepting_tools import tools_accepting
from kie_mcp.surface.server import KieServer
from kie_mcp.surface.tenant import TenantOf
from kie_mcp.text import CODE, code, one_line
from kie_mcp.timestamps import iso

TITLE = 80
"""How many characters of an order's text a file's title shows."""


def register(server: KieServer, tenant_of: TenantOf) -> None:
    """Answer `resources/list` with the server's fixed resources and the files of the account's jobs."""

    async def list_page(context: ServerRequestContext[Any, Any], params: PaginatedRequestParams) -> ListResourcesResult:
        first = [] if params.cursor else await server.list_resources()
        history = tenant_of(context).history
        try:
            jobs = await history.list_finished(limit=PAGE + 1, after=_job_id(params.cursor) if params.cursor else "")
        except (ValueError, UnknownJobError):
            raise MCPError(INVALID_PARAMS, "cursor: not one that this list gave; ask again without a cursor.") from None
        return ListResourcesResult(
            resources=[*first, *(file for job in jobs[:PAGE] for file in list_files(job))],
            next_cursor=_cursor(jobs[PAGE - 1]) if len(jobs) > PAGE else None,
        )

    server.handle("resources/list", PaginatedRequestParams, list_page)


def list_files(job: Job) -> list[Resource]:
    """Return the files that a job made, as resources."""
    return [_file(job, index, output) for index, output in enumerate(job.outputs)]


def _file(job: Job, index: int, output: Output) -> Resource:
    kind = name_kind(job.kind, one_line(job.model, CODE))
    kind = kind[:1].upper() + kind[1:]
    # The words come from the caller, so they stand behind a word of ours.
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
    tools = tools_accepting(job.kind, output.mime_type)
    goes_in = f"Can go into {' and '.join(tools)} by this URI." if tools else ""
    return " ".join(filter(None, (made, goes_in))) or None


def _cursor(job: Job) -> str:
    """Return the cursor of the next page: the last job of this page, not a number, so that new jobs move nothing."""
    return base64.urlsafe_b64encode(job.id.encode()).decode()


def _job_id(cursor: str) -> str:
    """Return the id of the job in a cursor. Raises ValueError if it is not a cursor."""
    return base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode()
