"""Check the form in which a caller names a file: an https URL, an output of a job, a local path or a data URI."""

import re

from kie_mcp.errors import OrderError
from kie_mcp.orders.job_uris import output_uri, parse_output_uri
from kie_mcp.text import literal
from kie_mcp.urls import check_url, is_web_link, quote_url

_FORMS = "Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI."
# The MIME type is not trusted, so the types that programs give when they know none are accepted too.
DATA = re.compile(
    r"data:\s{0,9}(?://)?((?:(?:image|img|audio|video)/|(?:application|binary)/(?:octet-stream|ogg|mp4|x-))[\w.+-]{0,60})?"
    r"\s{0,9}(?:;(?!\s{0,9}base64\s{0,9},)[^;,\"]{0,99}(?:\"[^\"]{0,99}\"\s{0,9})?){0,8}"
    r";?\s{0,9}base64\s{0,9},",
    re.IGNORECASE,
)
"""The head of a data URI: everything before the base64."""
_QUOTED = re.compile(
    r"""["'`<\u2018\u201c\u201e]\s*((?:https?|kie|data):.+?)\s*["'`>\u2018\u2019\u201c\u201d]""",
    re.DOTALL | re.IGNORECASE,
)
_LINK = re.compile(r"\s*(?:https?|kie|data|file):", re.IGNORECASE)
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2068\u2069\ufeff"
_LONGEST_PATH = 4096


_JOB = re.compile(r"(?:kie://jobs/)?(job_[a-z2-7]{26})/?")


def check_reference(given: str, *, argument: str, plain_host: str | None = None) -> str:
    """Return the reference as it will be stored, judging by its form alone. Raises OrderError naming the argument."""
    text = _strip_quotes(given)
    if is_web_link(text):
        return check_url(text, argument=argument, plain_host=plain_host)
    if job_id := _JOB.fullmatch(text):  # language models often give the job alone and forget the output
        return output_uri(job_id[1], 0)
    if problem := _find_form_fault(text):
        raise OrderError(problem, argument=argument, remedy=_FORMS)
    return text


def _strip_quotes(given: str) -> str:
    """Return the text without blanks at its ends; a URL also without quotation marks and invisible characters."""
    text = given.strip()
    if _LINK.match(seen := text.strip(_INVISIBLE)):
        text = seen.strip()
    quoted = _QUOTED.fullmatch(text)
    return quoted[1] if quoted else text


def _find_form_fault(text: str) -> str:
    """Say what is wrong with a file that is no web URL, judging by its form alone; empty if nothing is."""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", text)
    kind = scheme[1].casefold() if scheme else "path"
    if not text:
        return "is empty; a file is needed."
    if kind == "kie":
        return "" if parse_output_uri(text) else f"{quote_url(text)} names no output of a job."
    if kind == "data":
        return "" if DATA.match(text) else "a data URI must hold a picture or a sound in base64."
    if kind not in {"path", "file"}:
        return f"a {literal(kind + ':')} URL cannot be handed in."
    return "" if len(text) <= _LONGEST_PATH else f"has {len(text):,} characters; no path is that long."
