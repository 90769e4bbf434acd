"""Fields that hosts add to the arguments of every call: no tool means them, and no model can take them out again."""

from collections.abc import Mapping

HOST_FIELDS: Mapping[str, str] = {
    "sessionId": "reported of n8n: its agent adds it to each call",
    "action": "reported of n8n: its agent adds it to each call",
    "chatInput": "reported of n8n: its agent adds it to each call",
    "toolCallId": "reported of n8n since 1.119: its client node adds it to each call",
    "task_progress": "reported of Cline: its model is told to add its list of things to do to each call",
    "random_string": "reported of older Cursor: for a tool of which no argument is required",
}
"""Each by what it rests on. One that a tool has as an argument is that argument."""
