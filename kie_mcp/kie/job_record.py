"""Read Kie.ai's record of a job, in either dialect: the only place that decides done, failed or in flight."""

from typing import Any, cast

from kie_mcp import text
from kie_mcp.errors import CreditError, JobFailedError, Trouble
from kie_mcp.jobs.job import JSON, Look, Verdict
from kie_mcp.kie.envelope import integer, mapping, number
from kie_mcp.kie.extra_links import find_extra_links
from kie_mcp.kie.result_links import PLACES, find_all_links, find_file_links, list_results, normalize_name, parse_nested

_IN_FLIGHT = frozenset({
    *("waiting", "queuing", "generating", "processing", "pending"),
    *("queued", "queueing", "wait", "running", "submitted", "in_progress"),
})  # fmt: skip
_SUCCEEDED = frozenset({"success", "completed", "succeeded", "successful", "succeed", "complete", "finished", "done"})
_FAILED = frozenset({
    *("fail", "failed", "failure", "error", "cancelled", "canceled", "aborted", "rejected"),
    *("timeout", "create_task_failed", "generate_failed"),
})  # fmt: skip
_KNOWN = _IN_FLIGHT | _SUCCEEDED | _FAILED
_FLAGS = {0: "generating", 1: "success", 2: "fail", 3: "fail"}
_REASONS = (
    "failmsg",
    "failmessage",
    "failreason",
    "failurereason",
    "errormessage",
    "errormsg",
    "error",
    "reason",
    "msg",
)
"""Normalized names of fields with a reason; the first that is not empty counts."""
_CODES = ("failcode", "errorcode")
_MODERATED = ("nsfw", "moderation", "sensitive", "safety", "policy", "violat", "prohibit")
# Kie.ai's pages say milliseconds, older records are in seconds: 1e11 seconds are the year 5138.
_FIRST_MILLISECONDS = 1e11


def find_record(data: object) -> JSON:
    """Return the record in an answer, also one in a text or alone in a list; empty if there is none."""
    found = parse_nested(data)
    only = cast("list[object]", found) if isinstance(found, list) else [found]
    return mapping(only[0]) if len(only) == 1 else {}


def read_record(record: JSON) -> Look:
    """Read a record; an unknown state counts as in flight."""
    urls, data = find_file_links(record), _data(record)
    state = _state(record) or ("success" if urls or data else "")
    if state in _FAILED:
        return read_failed(record, code=None, words=None)
    if state not in _SUCCEEDED:
        return _look(record, Verdict.IN_FLIGHT, state, progress=_progress(record), known_state=state in _IN_FLIGHT)
    urls = urls or (() if data else find_all_links(record))
    trouble = None if urls or data else _no_file_trouble(record)
    data = data if urls or data else _quote_unread(record)
    extras = {link: role for link, role in find_extra_links(record).items() if link not in urls} if urls else {}
    return _look(record, Verdict.SUCCEEDED, state, urls=urls, extras=extras, data=data, trouble=trouble)


def read_picture_link(url: str) -> Look:
    """Return the look at a job whose create call was answered with its picture, of which nothing else is known."""
    return Look(verdict=Verdict.SUCCEEDED, state="success", urls=(url,))


def read_failed(record: JSON, *, code: int | None, words: str | None) -> Look:
    """Read the record of a failed job; *code* and *words* are those of the envelope, if the failure came there."""
    given = {normalize_name(name): value for name, value in record.items()}
    reasons = (_reason(given.get(name)) for name in _REASONS)
    upstream = next((reason for reason in reasons if reason), words)
    fail_code = next((str(given[name]) for name in _CODES if given.get(name)), str(code or ""))
    trouble = _failure_trouble(fail_code, upstream, charged=_credits(record) != 0)
    return _look(record, Verdict.FAILED, _state(record) or f"code {code}", trouble=trouble)


def _reason(value: object) -> str | None:
    """Return a reason in a text, or in the `message` of an object."""
    return text.clean(value) or text.clean(mapping(value).get("message"))


def _look(record: JSON, verdict: Verdict, state: str, **rest: Any) -> Look:
    finished = None if verdict is Verdict.IN_FLIGHT else record.get("completeTime") or record.get("updateTime")
    return Look(
        verdict=verdict,
        state=state,
        model=text.clean(record.get("model"), 2 * text.CODE),
        credits=_credits(record),
        created_at=_time(record.get("createTime")),
        finished_at=_time(finished),
        **rest,
    )


def _state(record: JSON) -> str:
    """Return Kie.ai's state in lower case; without a known one, that of its flag."""
    given = (text.clean(record.get(name), text.CODE) for name in ("state", "status"))
    words = [word.casefold() for word in given if word]
    if known := next((word for word in words if word in _KNOWN), ""):
        return known
    flag = integer(record.get("successFlag"))
    if words and flag not in _FLAGS:
        return words[0]
    return "" if flag is None else _FLAGS.get(flag, f"flag {flag}")


def _progress(record: JSON) -> float | None:
    percent = number(record.get("progress"))
    return percent / 100 if percent is not None and 0 <= percent <= 100 else None


def _credits(record: JSON) -> float | None:
    """Return the credits used; None means unknown, which is not 0. Less than none would make room in a budget."""
    given = (number(record.get(name)) for name in ("creditsConsumed", "consumeCredits"))
    return next((used for used in given if used is not None and used >= 0), None)


def _time(value: object) -> float | None:
    moment = number(value)
    if moment is None or moment <= 0:
        return None
    return moment if moment < _FIRST_MILLISECONDS else moment / 1000


def _data(record: JSON) -> JSON | None:
    """Return a result that is no file: an object, or the value in its place."""
    for result in list_results(record):
        for name, value in mapping(result).items():
            if normalize_name(name) == "resultobject" and (found := parse_nested(value)) not in (None, "", {}, []):
                return _make_storable(found if isinstance(found, dict) else {name: found}, record)
    return None


def _quote_unread(record: JSON) -> JSON | None:
    """Return a result that could not be read, if it is too long to be quoted: it was paid for."""
    said = _result_text(record)
    return _make_storable({"said": next(list_results(record))}, record) if len(said) > text.WORDS else None


def _make_storable(data: Any, record: JSON) -> JSON:
    try:
        return mapping(text.make_storable(data))
    except ValueError:
        return {"said": text.make_storable(_result_text(record))}


def _result_text(record: JSON) -> str:
    """Return the text of the record's result; empty if there is none."""
    given = [value for name, value in record.items() if normalize_name(name) in PLACES]
    told = next((value for value in given if value not in (None, "", {}, [])), "")
    return told if isinstance(told, str) else text.dump_json(told)


def _failure_trouble(code: str, words: str | None, *, charged: bool) -> Trouble:
    told = f" (code {text.code(code)})" if code else ""
    category, message, remedy = "failed", f"Kie.ai says that the job failed{told}.", JobFailedError.remedy
    whole = f"{code[:1000]} {words or ''}".casefold()
    if code == "402":
        category, message, remedy = "credits", f"The account had too few credits for the job{told}.", CreditError.remedy
    elif any(word in whole for word in _MODERATED):
        category, message = "moderation", f"Kie.ai's moderation refused what was asked for, or what came out{told}."
        remedy = "Change the prompt or the inputs: the same ones are refused again."
    return Trouble(
        category=category, message=message, remedy=remedy, may_have_been_charged=charged, upstream_message=words
    )


def _no_file_trouble(record: JSON) -> Trouble:
    """Return the trouble of a success without a file; it quotes what the record has in its place."""
    unreadable = any(isinstance(result, str) for result in list_results(record))
    problem = "its list of files cannot be read" if unreadable else "names no file"
    message = f"Kie.ai says that the job succeeded, but {problem}."
    return Trouble(
        category="bad_result" if unreadable else "no_output",
        message=message,
        remedy="Look at the job in https://kie.ai/logs by its task id: what was made may be there. "
        "get_job_status asks Kie.ai again, and saves what it then names.",
        may_have_been_charged=True,
        upstream_message=text.clean(_result_text(record)),
    )
