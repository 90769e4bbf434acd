"""Why files were not saved, in words, and what to do about it."""

from collections.abc import Sequence
from pathlib import Path

from kie_mcp.errors import DeadLinkError, KieError, OutputError, RefusedError, Trouble
from kie_mcp.media.outputs.atomic_file import FULL
from kie_mcp.text import clause
from kie_mcp.urls import bare_links

_ANSWERS = {401: "refuses the link", 403: "refuses the link", 404: "has no file under the link"}
_AGAIN = "then call get_job_status"
_LOGS = "Look for it at https://kie.ai/logs: Kie.ai keeps files for 14 days."


def unsaved(failures: Sequence[tuple[int, Exception]], total: int, folder: Path) -> Trouble | None:
    """Turn what was raised for which file, counted from 1, into one trouble; None if nothing was."""
    if not failures:
        return None
    told = [_told(error, folder) for _, error in failures]
    numbers = (number for number, _ in failures)
    causes = (f"File {n} of {total} was not saved: {cause}." for n, (cause, _) in zip(numbers, told, strict=True))
    return Trouble(
        category="not_saved",
        message=" ".join(causes),
        remedy=" ".join(dict.fromkeys(remedy for _, remedy in told)),
        retryable=True,
    )


def unopened(dead: DeadLinkError, fresh: object, *, young: bool) -> KieError:
    """What to raise for links that did not open.

    `dead` says what the last of them answered, `fresh` is the other link that Kie.ai gave, or why it gave none; `young`
    is whether the link should still be alive.
    """
    if isinstance(fresh, KieError) and not isinstance(fresh, DeadLinkError | RefusedError):
        return fresh
    other = "Kie.ai gave no other" if isinstance(fresh, KieError) else "another of Kie.ai's does no better"
    if dead.perhaps_later and young:
        why = f"its host {_ANSWERS[dead.status or 0]} (HTTP {dead.status}), also a minute later, and {other}"
        return DeadLinkError(why, remedy=f"Ask again in some minutes with get_job_status. {_LOGS}")
    status = f" (HTTP {dead.status})" if dead.status else ""
    return DeadLinkError(f"its link has died{status}, and Kie.ai gave no living one", remedy=_LOGS)


def _told(error: Exception, folder: Path) -> tuple[str, str]:
    if isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError):
        reason = (error.strerror or type(error).__name__).lower()
        if error.errno in FULL:
            return f"there is no room in {folder} ({reason})", f"Free some space for KIE_OUTPUT_DIR, {_AGAIN}."
        return (
            f"{folder} cannot be written ({reason})",
            f"Set KIE_OUTPUT_DIR to a folder that can be written, {_AGAIN}.",
        )
    if isinstance(error, KieError):
        # Whoever has a signed link has the file.
        return clause(bare_links(error.message)), error.remedy
    return f"something unforeseen happened ({type(error).__name__})", OutputError.remedy
