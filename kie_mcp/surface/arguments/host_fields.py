"""Fields that hosts add to the arguments of every call: they belong to no tool, and the model cannot remove them."""

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
"""Each field with the evidence for it. Where a tool has an argument of that name, it is that argument."""


def is_host_field(name: str) -> bool:
    """Say whether an argument is one that hosts add. Those that begin with an underscore are: no tool has such a name.

    Seen were `_sessionID` (SiYuan), `_auth_auth_type` (mcpproxy), and `_meta`, which belongs beside the arguments.
    """
    return name.startswith("_") or name in HOST_FIELDS
