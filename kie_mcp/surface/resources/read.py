"""Jobs and outputs as resources: `kie://jobs`, `kie://jobs/{job_id}`, `kie://jobs/{job_id}/outputs/{index}`."""

import json
from typing import Any

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, UnexpectedResourceError

from kie_mcp.errors import UnknownJobError
from kie_mcp.jobs.job import Job, Output
from kie_mcp.jobs.service import JobService
from kie_mcp.media.outputs.open_saved_file import open_saved
from kie_mcp.media.worker_threads import run_in_thread
from kie_mcp.orders.job_uris import JOBS_URI, parse_output_uri
from kie_mcp.surface.call_handler import CallHandler
from kie_mcp.surface.tenant import Tenant, TenantOf
from kie_mcp.text import clean, literal

LARGEST = 64 * 1024 * 1024
"""The most bytes that one answer may carry; a larger file can be opened at its path or its URL."""
LONGEST_TEXT = 5000
"""The most characters of a prompt or a script that a job's record shows."""

Ctx = Context[Any]


async def read_output(service: JobService, job_id: str, index: int) -> ReadResourceContents:
    """Read the bytes of an output's saved file.

    Raises ResourceNotFoundError if there is no such output, ResourceError if its file is not saved, gone or too large.
    """
    try:
        job = await service.read(job_id)
    except UnknownJobError as error:
        raise ResourceNotFoundError(error.message) from error
    if index >= len(job.outputs):
        message = f"Job {job_id} has no output {index}; state: {job.state}, outputs: {len(job.outputs)}."
        raise ResourceNotFoundError(message)
    output = job.outputs[index]
    if output.path is None:
        raise ResourceError(f"Output {index} of job {job_id} is not saved; call get_job_status to save it.")
    try:
        content = await run_in_thread(lambda: _read_bytes(output))
    except OSError as error:
        raise _gone_error(error) from None
    return ReadResourceContents(content=content, mime_type=output.mime_type)


async def read_jobs(tenant: Tenant, calls: CallHandler) -> ReadResourceContents:
    """Read the newest jobs as JSON. Raises UnexpectedResourceError if that fails."""
    try:
        listed = [(await calls.describe(job, tenant)).as_json() for job in await tenant.service.list_jobs()]
    except Exception as error:  # the same error as the SDK raises for the resources that it reads
        raise UnexpectedResourceError(f"Error reading resource {JOBS_URI}") from error
    for facts in listed:
        facts.pop("data", None)  # the job's own resource has it
    return ReadResourceContents(content=json.dumps({"jobs": listed}), mime_type="application/json")


def register(server: MCPServer[Any], tenant_of: TenantOf, calls: CallHandler) -> None:
    """Add these resources to the server.

    The list of jobs and the bytes of an output are only announced here; `KieServer.read_resource` reads them. The SDK
    does not tell the function of a fixed resource whose request it is, and it gives every resource a fixed MIME type.
    """

    @server.resource(JOBS_URI, title="Jobs", mime_type="application/json")
    async def jobs() -> str:
        """Read the newest jobs."""
        raise ResourceNotFoundError(f"{JOBS_URI} is read by KieServer.read_resource.")

    @server.resource("kie://jobs/{job_id}", title="Job", mime_type="application/json")
    async def job(job_id: str, ctx: Ctx) -> str:
        """Read one job: state, files and cost."""
        tenant = tenant_of(ctx.request_context)
        try:
            return json.dumps(await _describe_whole(await tenant.service.read(job_id), tenant, calls))
        except UnknownJobError as error:
            raise ResourceNotFoundError(error.message) from error

    @server.resource("kie://jobs/{job_id}/outputs/{index}", title="Output", mime_type="application/octet-stream")
    async def output(job_id: str, index: str) -> str:
        """Read a file that a job made, as it was saved. A tool that takes such files takes this URI."""
        raise ResourceNotFoundError(f"Job {job_id} has no output {literal(index, 100)}: outputs are counted from 0.")

    _ = (jobs, job, output)


async def _describe_whole(job: Job, tenant: Tenant, calls: CallHandler) -> dict[str, Any]:
    """Describe a job with all of its words, of which answers have the first as a title."""
    spoken = await _find_speech(job, tenant.service)
    texts = {"prompt": job.order.get("prompt"), "script": (spoken or job).order.get("text")}
    shown = {name: clean(text, LONGEST_TEXT) for name, text in texts.items()}
    return (await calls.describe(job, tenant)).as_json() | {name: text for name, text in shown.items() if text}


async def _find_speech(job: Job, service: JobService) -> Job | None:
    """Return the job that made the sound which is heard in a video of this job's; None if none of ours did."""
    audio = job.order.get("audio")
    source = parse_output_uri(audio) if isinstance(audio, str) else None
    try:
        return await service.read(source[0]) if source else None
    except UnknownJobError:
        return None


def _read_bytes(output: Output) -> bytes:
    try:
        with open_saved(output) as file:
            if file.length > LARGEST:
                raise ResourceError(
                    f"The file is larger than {LARGEST // 2**20} MB; open it at its path: {output.path}"
                )
            return file.read(file.length)
    except OSError as error:
        raise _gone_error(error) from None


def _gone_error(error: OSError) -> ResourceError:
    return ResourceError(f"The saved file is gone ({error.strerror}); call get_job_status to save it again.")
