"""Write the files that jobs made as resources, from the ledger's own records of the jobs.

The start answers the first page by this code before the SDK is loaded, so nothing but the standard library is imported.
"""

import base64
import os
from collections.abc import Mapping, Sequence

from kie_mcp.orders.job_uris import output_uri
from kie_mcp.orders.order_text import find_text
from kie_mcp.text import CODE, code, one_line
from kie_mcp.timestamps import iso

TYPE_CHECKING = False  # importing it from typing takes longer than all of this
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    JSON: TypeAlias = dict[str, Any]

PAGE = 50
"""Jobs whose files one page lists."""
TITLE = 80
"""How many characters of an order's text a file's title shows."""


def add_page(result: "JSON", jobs: "Sequence[JSON]", facts: "Mapping[str, Any]") -> "JSON":
    """Return the result of `resources/list` with the files of these jobs, of which there may be one more than a page.

    Args:
        result: The list without files, in the form of the protocol's version.
        jobs: The records of the jobs, newest first.
        facts: What the entries say beside what the records do; `listing.list_facts` makes it.

    Raises LookupError, TypeError or ValueError if a record is not as the ledger writes them.
    """
    files = [file for job in jobs[:PAGE] for file in list_entries(job, facts)]
    more = {"nextCursor": write_cursor(jobs[PAGE - 1]["id"])} if len(jobs) > PAGE else {}
    return {**result, "resources": [*result["resources"], *files], **more}


def list_entries(job: "JSON", facts: "Mapping[str, Any]") -> "list[JSON]":
    """Return the files that a job made. Raises as `add_page` does."""
    return [_write_entry(job, index, output, facts) for index, output in enumerate(job.get("outputs", ()))]


def write_cursor(job_id: str) -> str:
    """Return the cursor of the next page: the last job of this page, not a number, so that new jobs move nothing."""
    return base64.urlsafe_b64encode(job_id.encode()).decode()


def read_cursor(cursor: str) -> str:
    """Return the id of the job in a cursor. Raises ValueError if it is not a cursor."""
    return base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode()


def _write_entry(job: "JSON", index: int, output: "JSON", facts: "Mapping[str, Any]") -> "JSON":
    kind = facts["labels"][job["kind"]] or one_line(job["model"], CODE) or job["kind"]
    kind = kind[:1].upper() + kind[1:]
    # The words come from the caller, so they stand behind a word of ours.
    words = one_line(find_text(job.get("title"), job["order"], facts["default_texts"]), TITLE)
    path, finished = output.get("path"), job.get("finished_at")
    entry: JSON = {
        "uri": output_uri(job["id"], index),
        "name": os.path.basename(path) if path else f"{job['kind']}-{index + 1}",  # noqa: PTH119 - pathlib loads slowly
        "title": f"{kind}: {words}" if words else kind,
        "description": _describe(job, output, facts),
        "mimeType": output.get("mime_type"),
        "size": output.get("bytes"),
        "annotations": {"lastModified": iso(job["updated_at"] if finished is None else finished)},
    }
    return {name: value for name, value in entry.items() if value is not None}


def _describe(job: "JSON", output: "JSON", facts: "Mapping[str, Any]") -> str | None:
    made = f"Made by {code(job['model'], 2 * CODE)}." if job["model"] else ""
    mime_type = output.get("mime_type")
    family = mime_type.partition("/")[0] if mime_type else facts["families"][job["kind"]]
    tools = facts["accepting"].get(family, ())
    goes_in = f"Can go into {' and '.join(tools)} by this URI." if tools else ""
    return " ".join(filter(None, (made, goes_in))) or None
