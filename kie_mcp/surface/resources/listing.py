"""The list of resources: the fixed ones, then the files that jobs made, newest first, in pages."""

import json
from functools import cache
from typing import Any

from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, ListResourcesResult, PaginatedRequestParams, Resource

from kie_mcp.errors import UnknownJobError
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.store.job_json import dump
from kie_mcp.media.outputs.file_names import DEFAULT_TEXTS
from kie_mcp.orders.kind import KINDS
from kie_mcp.surface.answers.accepting_tools import list_tools_accepting
from kie_mcp.surface.resources.file_entries import PAGE, list_entries, read_cursor, write_cursor
from kie_mcp.surface.server import KieServer
from kie_mcp.surface.tenant import TenantOf


def register(server: KieServer, tenant_of: TenantOf) -> None:
    """Answer `resources/list` with the server's fixed resources and the files of the account's jobs."""

    async def list_page(context: ServerRequestContext[Any, Any], params: PaginatedRequestParams) -> ListResourcesResult:
        first = [] if params.cursor else await server.list_resources()
        history = tenant_of(context).history
        try:
            jobs = await history.list_finished(
                limit=PAGE + 1, after=read_cursor(params.cursor) if params.cursor else ""
            )
        except (ValueError, UnknownJobError):
            raise MCPError(INVALID_PARAMS, "cursor: not one that this list gave; ask again without a cursor.") from None
        return ListResourcesResult(
            resources=[*first, *(file for job in jobs[:PAGE] for file in list_files(job))],
            next_cursor=write_cursor(jobs[PAGE - 1].id) if len(jobs) > PAGE else None,
        )

    server.handle("resources/list", PaginatedRequestParams, list_page)


def list_files(job: Job) -> list[Resource]:
    """Return the files that a job made, as resources."""
    return [Resource.model_validate(entry) for entry in list_entries(json.loads(dump(job)), list_facts())]


@cache
def list_facts() -> dict[str, Any]:
    """Return what the entries of files say of kinds, models and tools, as JSON: the greeting file keeps it too."""
    families = sorted({facts.family for facts in KINDS.values() if facts.family})
    return {
        "labels": {kind.value: facts.label for kind, facts in KINDS.items()},
        "families": {kind.value: facts.family for kind, facts in KINDS.items()},
        "accepting": {family: list_tools_accepting(family) for family in families},
        "default_texts": sorted(DEFAULT_TEXTS),
    }
