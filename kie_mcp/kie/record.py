"""What a record of Kie.ai's says of a job: its state, its times, its files, in either dialect."""

from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlsplit

from kie_mcp.errors import CreditError, JobFailedError, Trouble
from kie_mcp.jobs.job import JSON, Look, Verdict
from kie_mcp.kie.envelope import clean, mapping, number, parse_json

_IN_FLIGHT = frozenset({
    *("waiting", "queuing", "generating", "processing", "pending"),
    *("queued", "queueing", "wait", "running", "submitted", "in_progress"),
})  # fmt: skip
_SUCCEEDED = frozenset({"success", "completed", "succeeded"})
_FAILED = frozenset({
    *("fail", "failed", "error", "cancelled", "canceled"),
    *("timeout", "create_task_failed", "generate_failed"),
})  # fmt: skip
_FLAGS = {0: "generating", 1: "success", 3: "fail"}
_MODERATED = ("nsfw", "moderation", "sensitive", "safety", "policy", "violat", "prohibit")
# Kie.ai's pages say milliseconds, older records are in seconds: 1e11 seconds are the year 5138.
_FIRST_MILLISECONDS = 1e11
_LINK_KEYS = ("video_url", "image_url", "audio_url", "url", "urls", "resultUrls", "resultUrl")


def read_record(record: JSON) -> Look:
    """Read a record that Kie.ai gave; a state never seen before is not taken for an end."""
    result, unreadable = _result(record)
    urls = tuple(dict.fromkeys(_links_of(record, result)))
    data = mapping(result.get("resultObject")) or None
    state = _state(record) or ("success" if urls or data else "")
    if state in _FAILED:
        return failed_look(record, code=None, words=None)
    if state not in _SUCCEEDED:
        return _look(record, Verdict.IN_FLIGHT, state, progress=_progress(record), known_state=state in _IN_FLIGHT)
    trouble = None if urls or data else _empty(unreadable)
    return _look(record, Verdict.SUCCEEDED, state, urls=urls, data=data, trouble=trouble)


def failed_look(record: JSON, *, code: int | None, words: str | None) -> Look:
    """Read the record of a failed job, or of one whose failure came as an envelope's *code* and *words*."""
    upstream = clean(record.get("failMsg")) or clean(record.get("errorMessage")) or words
    fail_code = clean(str(record.get("failCode") or code or ""))
    charged = _credits(record) != 0
    trouble = _failure(fail_code, upstream, charged)
    return _look(record, Verdict.FAILED, _state(record) or f"code {code}", trouble=trouble)


def is_link(value: object) -> bool:
    """Whether it is an http or https URL with a host."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _look(record: JSON, verdict: Verdict, state: str, **rest: Any) -> Look:
    finished = None if verdict is Verdict.IN_FLIGHT else record.get("completeTime") or record.get("updateTime")
    return Look(
        verdict=verdict,
        state=state,
        model=clean(record.get("model")),
        credits=_credits(record),
        created_at=_time(record.get("createTime")),
        finished_at=_time(finished),
        **rest,
    )


def _state(record: JSON) -> str:
    """Kie.ai's own word in lower case; without one what its flag stands for."""
    word = clean(record.get("state")) or clean(record.get("status"))
    if word:
        return word[:60].casefold()
    flag = number(record.get("successFlag"))
    return "" if flag is None else _FLAGS.get(int(flag), f"flag {int(flag)}")


def _progress(record: JSON) -> float | None:
    percent = number(record.get("progress"))
    return percent / 100 if percent is not None and 0 <= percent <= 100 else None


def _credits(record: JSON) -> float | None:
    """Not known is not nothing: None is kept apart from 0."""
    used = number(record.get("creditsConsumed"))
    return number(record.get("consumeCredits")) if used is None else used


def _time(value: object) -> float | None:
    moment = number(value)
    if moment is None or moment <= 0:
        return None
    return moment if moment < _FIRST_MILLISECONDS else moment / 1000


def _result(record: JSON) -> tuple[JSON, bool]:
    """The result as an object, and whether there was one that could not be read."""
    given = record.get("resultJson")
    if not isinstance(given, str) or not given.strip():
        return mapping(given) | mapping(record.get("response")), False
    try:
        parsed = parse_json(given)
    except ValueError:
        return mapping(record.get("response")), True
    return mapping(parsed) | mapping(record.get("response")), not isinstance(parsed, dict)


def _links_of(record: JSON, result: JSON) -> Iterator[str]:
    for place in (result, record.get("output"), record):
        for key in _LINK_KEYS:
            yield from _links(mapping(place).get(key))
    yield from _links(record.get("output"))


def _links(value: object) -> Iterator[str]:
    if isinstance(value, str) and is_link(value):
        yield value
    elif isinstance(value, list):
        for one in cast("list[object]", value):
            yield from _links(mapping(one).get("url") or one)


def _failure(code: str | None, words: str | None, charged: bool) -> Trouble:
    told = f" (code {code})" if code else ""
    category, message, remedy = "failed", f"Kie.ai says that the job failed{told}.", JobFailedError.remedy
    text = f"{code or ''} {words or ''}".casefold()
    if code == "402":
        category, message, remedy = "credits", f"The account had too few credits for the job{told}.", CreditError.remedy
    elif any(word in text for word in _MODERATED):
        category, message = "moderation", f"Kie.ai's moderation refused what was asked for, or what came out{told}."
        remedy = "Change the prompt or the inputs: the same ones are refused again."
    return Trouble(
        category=category, message=message, remedy=remedy, may_have_been_charged=charged, upstream_message=words
    )


def _empty(unreadable: bool) -> Trouble:
    """What is odd about a success without a file."""
    where = "Look at the job in https://kie.ai/logs by its task id: what was made may be there."
    if unreadable:
        message = "Kie.ai says that the job succeeded, but its list of files cannot be read."
        return Trouble(category="bad_result", message=message, remedy=where, may_have_been_charged=True)
    message = "Kie.ai says that the job succeeded, but names no file."
    return Trouble(category="no_output", message=message, remedy=where, may_have_been_charged=True)
