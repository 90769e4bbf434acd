"""Write a JSON file beside each saved file with everything that is known about it."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from kie_mcp.errors import Trouble
from kie_mcp.file_system import Chmod
from kie_mcp.jobs.job import JSON, Job, Output
from kie_mcp.media.outputs.atomic_file import AtomicFile
from kie_mcp.media.outputs.open_saved_file import open_saved
from kie_mcp.orders.job_uris import output_uri
from kie_mcp.timestamps import iso
from kie_mcp.urls import bare_values

EXTENSION = ".json"

_FIRST = frozenset({"kind", "model", "prompt", "text", "seed"})
"""Fields of an order that have a place of their own."""


def write_sidecar(path: Path, job: Job, index: int, output: Output, *, sandbox: bool, chmod: Chmod = os.chmod) -> None:
    """Write `<path>.json`, whole or not at all, blocking. Raises OSError."""
    with open_saved(output) as file:
        digest = file.digest()
    facts = {"file": path.name, "sha256": digest, **sidecar_content(job, index, output, sandbox=sandbox)}
    part = AtomicFile(path.parent, path.name, chmod)
    try:
        part.create()
        # UTF-8 cannot hold half of a surrogate pair: it stays escaped.
        text = json.dumps(facts, ensure_ascii=False, indent=2) + "\n"
        part.write(text.encode("utf-8", "backslashreplace"))
        part.flush_and_close()
        part.publish(EXTENSION)
    finally:
        part.discard()


def sidecar_content(job: Job, index: int, output: Output, *, sandbox: bool) -> JSON:
    """Return what is known of output *index*, from 0: times in ISO 8601 UTC, lengths in seconds, sizes in bytes.

    Links are stripped of what may be secret; the link to the output itself dies soon, and is left out.
    """
    order = job.order
    return {
        "resource": output_uri(job.id, index),
        "mime_type": output.mime_type,
        "bytes": output.bytes,
        "width": output.width,
        "height": output.height,
        "duration_s": output.duration_s,
        **({"note": output.note} if output.note else {}),
        "kind": str(job.kind),
        "model": job.model,
        "title": job.title or None,
        **{name: order[name] for name in ("prompt", "text") if name in order},
        "seed": order.get("seed"),
        "arguments": {name: _bare_text(value) for name, value in order.items() if name not in _FIRST},
        "job_id": job.id,
        "kie_task_id": job.task_id,
        "credits": {"estimated": job.credits_estimated, "used": job.credits_used},
        "created_at": iso(job.created_at),
        "finished_at": None if job.finished_at is None else iso(job.finished_at),
        "sandbox": sandbox,
    }


def sidecar_trouble(failures: Sequence[tuple[Path, Exception]]) -> Trouble | None:
    """Say for which saved files no sidecar could be written, and why; None if there are none."""
    if not failures:
        return None
    causes = (f"{path.name}{EXTENSION} ({_cause(error)})" for path, error in failures)
    foreseen = all(isinstance(error, OSError) for _, error in failures)
    remedy = "Free some space for KIE_OUTPUT_DIR or let it be written" if foreseen else "See the server's log"
    return Trouble(
        category="not_described",
        message=f"What is known of the saved files could not be written beside them: {', '.join(causes)}.",
        remedy=f"{remedy}; it is not written again later.",
    )


def _cause(error: Exception) -> str:
    if not isinstance(error, OSError):
        return f"something unforeseen happened: {type(error).__name__}"
    return (error.strerror or type(error).__name__).lower()


def _bare_text(value: Any) -> Any:
    """Return an argument with its links' secrets removed, and of a data URI only the beginning, without the file."""
    if isinstance(value, list | tuple):
        return [_bare_text(one) for one in cast("list[Any]", value)]
    if isinstance(value, str) and value[:5].casefold() == "data:":
        return value.partition(",")[0]
    return bare_values(value)
