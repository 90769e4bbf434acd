"""Save an answer that is no file, and too large to be shown, as a JSON file."""

from dataclasses import replace

from kie_mcp.errors import OutputError
from kie_mcp.jobs.job import JSON, Job, Output
from kie_mcp.media.outputs.atomic_file import AtomicFile
from kie_mcp.media.outputs.sidecar import EXTENSION
from kie_mcp.text import DATA, dump_json


def json_outputs(job: Job) -> list[Output]:
    """List the output for the JSON file of a job's answer: one, or none if the answer is small or absent."""
    known = [output for output in job.outputs if not output.url]
    if job.data is None or len(dump_json(job.data)) <= DATA:
        return [replace(output, path=None) for output in known[:1]]
    return [Output(url="", mime_type="application/json")]


def write_json(part: AtomicFile, data: JSON | None, output: Output) -> Output:
    """Save the complete answer as JSON, blocking; return the output with its path. Raises OutputError or OSError."""
    if data is None:
        raise OutputError("Kie.ai's answer is not here any more", remedy="Ask again with get_job_status.")
    try:
        part.create()
        part.write(dump_json(data).encode())
        part.flush_and_close()
        path = part.publish(EXTENSION)
    finally:
        part.discard()
    return replace(output, path=str(path), bytes=path.stat().st_size)
