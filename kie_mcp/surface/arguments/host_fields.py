"""Fields that hosts add to the arguments of every call: no tool means them, and no model can take them out again."""

from collections.abc import Mapping

HOST_FIELDS: Mapping[str, str] = {
    "sessionId": "reported of n8n: its agent adds it to each call",
    "action": "reported of n8n: its agent adds it to each call",
    "chatInput": "reported of n8n: its agent adds it to each call",
    "toolCallId": "reported of n8n since 1.119: its client node adds it to each call",
    "task_progress": "reported of Cline: its model is told to add its list of things to do to each call",
    "random_string": "reported of older Cursor: for a tool of which no argument is required",
    "wait_for_previous": "reported of Gemini's clients: whether the call may run beside the one before it",
    "tool_call_description": "reported by authors of servers: the host's own words for the call",
    "tool_call_id": "the same as toolCallId, as other frameworks spell it",
}
"""Each by what it rests on. One that a tool has as an argument is that argument."""


def is_host_field(name: str) -> bool:
    """Say whether a host has added the argument; no argument of a tool begins with an underscore, and many such do.

    Seen were `_sessionID` (SiYuan), `_auth_auth_type` (mcpproxy), and `_meta`, whose place is beside the arguments.
    """
    return name.startswith("_") or name in HOST_FIELDS
