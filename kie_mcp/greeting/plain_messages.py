"""Tell which lines are certainly messages that the start can answer; all others are for the real server."""

import json

TYPE_CHECKING = False  # importing it from typing takes longer than all of this
if TYPE_CHECKING:
    from typing import Any, TypeAlias, TypeGuard

    JSON: TypeAlias = dict[str, Any]

_LONGEST = 64 * 1024
_LONGEST_ID = 100
_LARGEST_ID = 2**53
_PREFIX = "io.modelcontextprotocol/"
VERSION, CAPABILITIES, CLIENT = f"{_PREFIX}protocolVersion", f"{_PREFIX}clientCapabilities", f"{_PREFIX}clientInfo"
_KEYS = frozenset({"jsonrpc", "id", "method", "params"})


def read_message(line: bytes) -> "JSON | None":
    """Return the message in a line; None if it is not certain that every reader finds the same one there."""
    if len(line) > _LONGEST or b"\\u" in line or b"\r" in line.removesuffix(b"\r"):
        return None
    try:
        message: Any = json.loads(line.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not _is_object(message) or "\0" in line.decode():
        return None
    plain = message.keys() <= _KEYS and message.get("jsonrpc") == "2.0" and isinstance(message.get("method"), str)
    return message if plain and ("id" not in message or _is_plain_id(message["id"])) else None


def is_plain_opening(params: object) -> bool:
    """Return whether these are the parameters of an `initialize` that no server refuses."""
    return (
        _is_object(params)
        and params.keys() == {"protocolVersion", "capabilities", "clientInfo"}
        and _are_plain_capabilities(params["capabilities"])
        and _is_plain_client(params["clientInfo"])
    )


def is_plain_question(params: object) -> bool:
    """Return whether a request of the older era asks for nothing but the first page."""
    if params is None:
        return True
    if not _is_object(params) or not params.keys() <= {"_meta"}:
        return False
    meta = params.get("_meta", {})
    return _is_object(meta) and not any(name.startswith(_PREFIX) for name in meta) and _has_plain_token(meta)


def read_version(params: object) -> str:
    """Return the protocol version that a plain request of the newer era names; empty if it is none."""
    meta = params.get("_meta") if _is_object(params) and params.keys() == {"_meta"} else None
    if not _is_object(meta) or not _has_plain_token(meta):
        return ""
    named = {name for name in meta if name.startswith(_PREFIX)}
    if not {VERSION, CAPABILITIES} <= named <= {VERSION, CAPABILITIES, CLIENT}:
        return ""
    known = _are_plain_capabilities(meta[CAPABILITIES]) and (CLIENT not in meta or _is_plain_client(meta[CLIENT]))
    return meta[VERSION] if known and isinstance(meta[VERSION], str) else ""


def is_plain_cancellation(params: object) -> bool:
    """Return whether these are the parameters of a `notifications/cancelled`."""
    if not _is_object(params) or not params.keys() <= {"requestId", "reason"} or "requestId" not in params:
        return False
    return _is_plain_id(params["requestId"]) and isinstance(params.get("reason", ""), str)


def _is_object(given: object) -> "TypeGuard[JSON]":
    return isinstance(given, dict)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _is_plain_id(given: object) -> bool:
    if isinstance(given, str):
        return 0 < len(given) <= _LONGEST_ID
    return type(given) is int and abs(given) < _LARGEST_ID


def _has_plain_token(meta: "JSON") -> bool:
    return "progressToken" not in meta or _is_plain_id(meta["progressToken"])


def _is_plain_client(given: object) -> bool:
    """Return whether a client says who it is by texts alone."""
    if not _is_object(given) or not {"name", "version"} <= given.keys():
        return False
    return given.keys() <= {"name", "version", "title", "description", "websiteUrl"} and all(
        isinstance(text, str) for text in given.values()
    )


def _are_plain_capabilities(given: object) -> bool:
    """Return whether capabilities have the form that the protocol gives them."""
    if not _is_object(given) or not given.keys() <= _CAPABILITIES.keys():
        return False
    return all(_has_form(value, _CAPABILITIES[name]) for name, value in given.items())


def _has_form(value: object, form: object) -> bool:
    """Return whether a value is an object with these names, or with any whose values have one form, or a flag."""
    if form is bool:
        return isinstance(value, bool)
    if not _is_object(value):
        return False
    if not _is_object(form):
        return True
    if "*" in form:
        return all(_has_form(one, form["*"]) for one in value.values())
    return value.keys() <= form.keys() and all(_has_form(one, form[name]) for name, one in value.items())


_CAPABILITIES: "JSON" = {
    "roots": {"listChanged": bool},
    "sampling": {"tools": dict, "context": dict},
    "elicitation": {"form": {}, "url": {}},
    "experimental": {"*": dict},
    "extensions": {"*": dict},
    "tasks": {"list": dict, "cancel": dict, "requests": {"*": {"*": dict}}},
}
"""The capabilities that clients are known to send."""
