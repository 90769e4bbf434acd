"""Read Kie.ai's answers to each call, in both dialects, or raise the right error."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import NoReturn

from kie_mcp.errors import (
    BusyError,
    CredentialError,
    CreditError,
    DeadLinkError,
    KieError,
    LookError,
    NotVisibleError,
    OutputError,
    RefusedError,
    UnavailableError,
    UnconfirmedError,
)
from kie_mcp.jobs.job import Look
from kie_mcp.kie.envelope import Envelope, mapping, number, open_envelope
from kie_mcp.kie.job_record import find_record, read_failed, read_record
from kie_mcp.kie.result_links import find_file_links, is_link

# Kie.ai reports a caller's mistakes as code 500, too. These name a field or a range: nothing was created. After any
# other 500 the job may have been created.
_FIELD = r"[\w.\[\]-]+(?: [\w.\[\]-]+){0,2}"
_MISTAKE = re.compile(
    rf"(?:{_FIELD} is required|{_FIELD} is not within the range of allowed options|{_FIELD} cannot be empty"
    rf"|invalid {_FIELD} parameter|invalid parameter {_FIELD})(?:\W.*)?",
    re.IGNORECASE | re.DOTALL,
)
_NO_SUCH_MODEL = re.compile(r"model name you specified is not supported", re.IGNORECASE)
_TASK_ID = re.compile(r"[!-~]{1,200}")
_TRY_LATER = "Wait a minute and call again."


def read_created(http_status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """Return the task id from the answer to a create call.

    Raises NotCreatedError if Kie.ai certainly refused, and UnconfirmedError in every other case.
    """
    answer = open_envelope(http_status, headers, body, now=now)
    # Whatever else the answer says: with an id the job can be looked at for free.
    return _task_id(answer.data) or _raise_not_created(answer, "no task id")


def read_picture(http_status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """Return the link of the picture with which a legacy call is answered; it stands for the job's id.

    Raises NotCreatedError if Kie.ai certainly refused, and UnconfirmedError in every other case.
    """
    answer = open_envelope(http_status, headers, body, now=now)
    if found := _picture_link(answer) or _task_id(answer.data):
        return found
    if answer.content.get("success") is False and not answer.coded and http_status < 500:
        message = f"Kie.ai made no picture ({answer.summary})."
        raise _refusal_error(answer) or RefusedError(message, upstream_message=answer.message)
    return _raise_not_created(answer, "no picture")


def _picture_link(answer: Envelope) -> str | None:
    content, data = answer.content, mapping(answer.data)
    if link := _link(*(place.get(name) for place in (content, data) for name in ("image_url", "imageUrl"))):
        return link
    if not answer.ok or content.get("success") is False:  # an error may hold other links
        return None
    return next(iter(find_file_links({"output": content})), None)


def _raise_not_created(answer: Envelope, lack: str) -> NoReturn:
    """Raise the error for an answer to a create call that says nothing by which the job can be found."""
    if refusal := _refusal_error(answer):
        raise refusal
    message = f"Kie.ai's answer to the create call holds {lack} ({answer.summary})."
    words = None if answer.ok else answer.message  # "success" would explain nothing here
    raise UnconfirmedError(f"{message} The job may exist and may have been charged.", upstream_message=words)


def _task_id(data: object) -> str | None:
    given = mapping(data)
    task_id = given.get("taskId") or given.get("task_id") or ""
    text = str(task_id).strip() if isinstance(task_id, str | int) and task_id is not True else ""
    return text if _TASK_ID.fullmatch(text) else None


def _refusal_error(answer: Envelope) -> KieError | None:
    """Return the error if the answer proves that nothing was created, else None."""
    words = answer.message
    match answer.code:
        case 401 | 402 | 403 | 433:
            return _account_error(answer)
        case 429:
            return _busy_error(answer)
        case 455:
            return UnavailableError("Kie.ai is under maintenance (code 455).", upstream_message=words)
        case 505:
            return UnavailableError("Kie.ai has switched this feature off (code 505).", upstream_message=words)
        case 404 | 422 if words and _NO_SUCH_MODEL.search(words):
            message = f"Kie.ai does not know the model ({answer.summary})."
            return RefusedError(message, remedy="Use another model.", upstream_message=words)
        case 400 | 404 | 413 | 422 | 451:
            return RefusedError(f"Kie.ai refused the request ({answer.summary}).", upstream_message=words)
        case 500 if words and _MISTAKE.fullmatch(words):
            return RefusedError("Kie.ai refused an input of the request (code 500).", upstream_message=words)
        case _:
            return None


def _account_error(answer: Envelope) -> KieError | None:
    """Return the error if the key or the balance is refused, else None."""
    words = answer.message
    match answer.code:
        case 401 | 403:
            return CredentialError(f"Kie.ai did not accept the key ({answer.summary}).", upstream_message=words)
        case 402:
            return CreditError("Kie.ai says that the account has too few credits (code 402).", upstream_message=words)
        case 433:
            message = "The key has used up its own cap of credits (code 433)."
            remedy = "Raise the key's cap at https://kie.ai/api-key, or use another key, and call again."
            return CreditError(message, remedy=remedy, upstream_message=words)
        case _:
            return None


def _busy_error(answer: Envelope) -> BusyError:
    message = "Kie.ai counts too many requests (code 429)."
    return BusyError(message, retry_after=answer.retry_after, upstream_message=answer.message)


def read_look(http_status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Look:
    """Return the state of a job; raises LookError, CredentialError or BusyError if the answer has none."""
    answer = open_envelope(http_status, headers, body, now=now)
    record = find_record(answer.data)
    if answer.coded and answer.code in {408, 501}:
        # These codes are the failure of the job, not of the server.
        return read_failed(record, code=answer.code, words=answer.message)
    if answer.ok and record:
        return read_record(record)
    raise _look_error(answer)


def _look_error(answer: Envelope) -> KieError:
    words = answer.message
    match answer.code:
        case 401 | 403:
            return CredentialError(f"Kie.ai did not accept the key ({answer.summary}).", upstream_message=words)
        case 429:
            return _busy_error(answer)
        case 402 | 433 if error := _account_error(answer):
            return LookError(error.message, remedy=error.remedy, upstream_message=words)
        case 404 | 422 if answer.readable:
            return NotVisibleError(
                f"Kie.ai does not know the job, or not yet ({answer.summary}).", upstream_message=words
            )
        case _:
            message = f"Kie.ai's answer says nothing about the job ({answer.summary})."
            return LookError(message, upstream_message=words)


def read_credit(http_status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> float:
    """Return the credits left; raises CredentialError, BusyError or UnavailableError."""
    answer = open_envelope(http_status, headers, body, now=now)
    if answer.ok and (credits_left := number(answer.data)) is not None:
        return credits_left
    raise_known(answer)
    message = f"Kie.ai did not tell the balance ({answer.summary})."
    raise UnavailableError(message, remedy=_TRY_LATER, upstream_message=answer.message)


def read_date(headers: Mapping[str, str]) -> float | None:
    """Return when the answer was sent, by Kie.ai's clock, in seconds since 1970; None if it does not say."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return None


def read_upload(http_status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """Return the URL under which Kie.ai reads the uploaded file.

    Raises RefusedError if the file was not taken, CredentialError, BusyError, or OutputError for the rest.
    """
    answer = open_envelope(http_status, headers, body, now=now)
    data = mapping(answer.data)
    if answer.ok and (url := _link(data.get("downloadUrl"), data.get("fileUrl"))):
        return url
    raise_known(answer)
    if answer.code in {400, 404, 413, 415, 422}:
        raise RefusedError(f"Kie.ai did not take the file ({answer.summary}).", upstream_message=answer.message)
    message = f"Kie.ai did not confirm the upload ({answer.summary})."
    raise OutputError(message, remedy=_TRY_LATER, upstream_message=answer.message)


def read_download_link(http_status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """Return a fresh link; raises DeadLinkError if there is none, CredentialError, BusyError or OutputError."""
    answer = open_envelope(http_status, headers, body, now=now)
    if answer.ok and (url := _link(answer.data)):
        return url
    raise_known(answer)
    if answer.code in {400, 404, 422}:
        message = f"Kie.ai has no new link for the file ({answer.summary})."
        remedy = "The file is gone from Kie.ai: make it again."
        raise DeadLinkError(message, remedy=remedy, upstream_message=answer.message)
    message = f"Kie.ai did not give a new link for the file ({answer.summary})."
    raise OutputError(message, upstream_message=answer.message)


def raise_known(answer: Envelope) -> None:
    """Raise the errors that mean the same on every call: key, balance and rate."""
    if error := _busy_error(answer) if answer.code == 429 else _account_error(answer):
        raise error


def _link(*values: object) -> str | None:
    return next((value for value in values if isinstance(value, str) and is_link(value)), None)
