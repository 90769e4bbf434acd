"""What a client said on the wire: who it says it is, whether it listens, how often it ordered, when it gave up."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

JSON = dict[str, Any]
META = "io.modelcontextprotocol/"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Read from the notes of `tap.py`."""

    client: str = ""
    version: str = ""
    protocol: str = ""
    servers: int = 0
    """How many server processes it started and spoke to."""
    orders: int = 0
    """How many calls of `generate_image` it sent."""
    listens: bool = False
    """Whether it asked for progress with a call."""
    gave_up: tuple[float, ...] = ()
    """Seconds after which it cancelled calls."""


def read(log: Path) -> Evidence:
    """What the notes show; nothing of an absent file."""
    notes: list[JSON] = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    messages: list[JSON] = [note["message"] for note in notes]
    calls = [message["params"] for message in messages if message.get("method") == "tools/call"]
    name, version, protocol = _introduction(messages)
    return Evidence(
        client=name,
        version=version,
        protocol=protocol,
        servers=sum(message.get("method") in {"initialize", "server/discover"} for message in messages),
        orders=sum(call["name"] == "generate_image" for call in calls),
        listens=any("progressToken" in call.get("_meta", {}) for call in calls),
        gave_up=tuple(_gave_up(notes)),
    )


def _introduction(messages: Iterable[JSON]) -> tuple[str, str, str]:
    for message in messages:
        params: JSON = message.get("params", {})
        meta: JSON = params.get("_meta", {})
        who: JSON = params.get("clientInfo") or meta.get(f"{META}clientInfo") or {}
        if who:
            protocol = params.get("protocolVersion") or meta.get(f"{META}protocolVersion") or ""
            return who["name"], who["version"], protocol
    return "", "", ""


def _gave_up(notes: Iterable[JSON]) -> Iterable[float]:
    sent: dict[Any, float] = {}
    for note in notes:
        message = note["message"]
        if message.get("method") == "tools/call":
            sent[message["id"]] = note["at"]
        elif message.get("method") == "notifications/cancelled":
            began = sent.get(message["params"].get("requestId"))
            yield round(note["at"] - began, 1) if began is not None else 0.0
