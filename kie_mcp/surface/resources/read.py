"""Jobs and their outputs as resources: `kie://jobs`, `kie://jobs/{job_id}`, `kie://jobs/{job_id}/outputs/{index}`."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from kie_mcp.errors import UnknownJobError
from kie_mcp.jobs.job import Job, Output
from kie_mcp.jobs.service import JobService
from kie_mcp.media.inputs.open_file import open_saved
from kie_mcp.media.worker_threads import in_thread
from kie_mcp.surface.answers.schema import Answer
from kie_mcp.text import literal

LARGEST = 64 * 1024 * 1024
"""Bytes that one answer may carry; a larger file is at its path and its URL."""

Describe = Callable[[Job], Awaitable[Answer]]
"""Gives the facts of a job."""


class OutputReader:
    """Reads saved outputs."""

    def __init__(self, service: JobService) -> None:
        self._service = service

    async def read(self, job_id: str, index: int) -> ReadResourceContents:
        """The bytes of the saved file. Raises ResourceNotFoundError, or ResourceError saying what to do."""
        try:
            job = await self._service.read(job_id)
        except UnknownJobError as error:
            raise ResourceNotFoundError(error.message) from error
        if index >= len(job.outputs):
            message = f"Job {job_id} has no output {index}; state: {job.state}, outputs: {len(job.outputs)}."
            raise ResourceNotFoundError(message)
        output = job.outputs[index]
        if output.path is None:
            raise ResourceError(f"Output {index} of job {job_id} is not saved; call get_job_status to save it.")
        try:
            content = await in_thread(lambda: _bytes(output))
        except OSError as error:
            raise _gone(error) from None
        return ReadResourceContents(content=content, mime_type=output.mime_type)


def register(server: MCPServer[Any], service: JobService, describe: Describe) -> None:
    """Publish the resources of a desk. The bytes of an output are not read here but by the server's own method."""

    @server.resource("kie://jobs", title="Jobs", mime_type="application/json")
    async def jobs() -> str:
        """The newest jobs."""
        listed = [(await describe(job)).facts() for job in await service.list_jobs()]
        for facts in listed:
            facts.pop("data", None)  # it is with the job's own resource
        return json.dumps({"jobs": listed}, indent=2)

    @server.resource("kie://jobs/{job_id}", title="Job", mime_type="application/json")
    async def job(job_id: str) -> str:
        """One job as it stands."""
        try:
            return json.dumps((await describe(await service.read(job_id))).facts(), indent=2)
        except UnknownJobError as error:
            raise ResourceNotFoundError(error.message) from error

    @server.resource("kie://jobs/{job_id}/outputs/{index}", title="Output", mime_type="application/octet-stream")
    async def output(job_id: str, index: str) -> str:
        """A file that a job made, as it was saved. A tool that takes such files takes this URI."""
        raise ResourceNotFoundError(f"Job {job_id} has no output {literal(index, 100)}: outputs are counted from 0.")

    _ = (jobs, job, output)


def _bytes(output: Output) -> bytes:
    try:
        with open_saved(output) as file:
            if file.length > LARGEST:
                raise ResourceError(
                    f"The file is larger than {LARGEST // 2**20} MB; open it at its path: {output.path}"
                )
            return file.read(file.length)
    except OSError as error:
        raise _gone(error) from None


def _gone(error: OSError) -> ResourceError:
    return ResourceError(f"The saved file is gone ({error.strerror}); call get_job_status to save it again.")
