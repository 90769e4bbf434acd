"""The exit codes of `kie-mcp`, and which one an answer of a tool stands for."""

from collections.abc import Mapping
from typing import Any

from kie_mcp.console import FAILED, NO_READER

DONE = 0
BAD_SETTINGS = 2
NOT_KNOWN_YET = 3
NOT_AGREED = 4
INTERRUPTED = 130

TABLE = f"""exit codes:
  {DONE}    done
  {FAILED}    failed: what was asked for was not made or not found
  {BAD_SETTINGS}    arguments or settings are wrong; nothing was ordered
  {NOT_KNOWN_YET}    not known yet: a job still runs, or Kie.ai did not confirm it
  {NOT_AGREED}    not ordered: over a ceiling, or nobody agreed to the price
  {INTERRUPTED}  stopped by Ctrl-C; jobs that were sent go on at Kie.ai
  {NO_READER}  nobody reads the output"""
"""What the help says of them."""

_OF_ERRORS = {
    "settings": BAD_SETTINGS,
    "invalid_argument": BAD_SETTINGS,
    "no_key": BAD_SETTINGS,
    "missing_extra": BAD_SETTINGS,
    "budget": NOT_AGREED,
    "confirmation": NOT_AGREED,
    "unconfirmed": NOT_KNOWN_YET,
}


def code_of_error(category: str) -> int:
    """Return the exit code for an error of this category."""
    return _OF_ERRORS.get(category, FAILED)


def code_of_answer(facts: Mapping[str, Any]) -> int:
    """Return the exit code for an answer about a job, or about several: that of the worst of them."""
    if jobs := facts.get("jobs"):
        return max(map(code_of_answer, jobs), key=(DONE, NOT_AGREED, BAD_SETTINGS, NOT_KNOWN_YET, FAILED).index)
    state = facts.get("state")
    if state in {"queued", "running", "unconfirmed"}:
        return NOT_KNOWN_YET
    if state == "failed":
        # Of a job that was ordered, a refusal is a failure, whatever was wrong with it.
        return FAILED
    return code_of_error(facts["error"]["category"]) if "error" in facts and state is None else DONE
