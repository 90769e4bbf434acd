"""What every client does with the server: list the tools, order one picture, get to its file, and say what it saw.

Runs inside the client's own environment, so it imports nothing but the standard library. A driver is started with the
prompt and the server's command; it gives two coroutines, and this file calls them as an assistant would that knows only
what the client shows it. The last line on standard output is the account, one JSON object.
"""

import json
import os
import re
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

PROMPT, COMMAND, ARGUMENTS = sys.argv[1], sys.argv[2], sys.argv[3:]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name.startswith(("KIE_", "HOME"))}
"""What a person would put into the client's settings for the server."""

TIMEOUT = float(os.environ["CLIENT_TIMEOUT"]) if "CLIENT_TIMEOUT" in os.environ else None
"""Seconds that a client without a timeout of its own is given for this scene."""

FOLLOWS = "CLIENT_FOLLOWS" in os.environ
"""Whether it does after each answer just what the answer says comes next."""

TRIES = 8
JOB = re.compile(r"job_[a-z2-7]{20,}")
STATE = re.compile(r"\b(queued|running|succeeded|failed|unconfirmed)\b")
NEXT = re.compile(r"next['\"]?: ['\"]?get_job_status\((.*?)\)")
"""In the text of an answer, or in its structured content, which some clients show instead."""
ARGUMENT = re.compile(r'(\w+)=("[^"]*"|[^",\s]+)')
FILE = re.compile(r"file: (.+?\.(?:png|jpg|webp))")

ListTools = Callable[[], Awaitable[list[str]]]
CallTool = Callable[[str, dict[str, Any]], Awaitable[str]]


@dataclass
class Call:
    """One call of a tool as the client told of it."""

    tool: str
    seconds: float
    state: str
    """Of the job; empty if the client showed none, because it cut the call or failed."""
    text: str


@dataclass
class Account:
    """What became of the order."""

    tools: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    state: str = ""


async def tell(list_tools: ListTools, call_tool: CallTool) -> None:
    """Play it through and write the account."""
    account = Account(tools=await list_tools())
    await (_follow if FOLLOWS else _order)(account, call_tool)
    sys.stdout.write("\n" + json.dumps(asdict(account)) + "\n")
    sys.stdout.flush()


async def _follow(account: Account, call_tool: CallTool) -> None:
    await _call(account, call_tool, "generate_image", prompt=PROMPT)
    while following := NEXT.search(account.calls[-1].text.replace("\\", "")):
        arguments = {name: json.loads(value) for name, value in ARGUMENT.findall(following[1])}
        await _call(account, call_tool, "get_job_status", **arguments)


async def _order(account: Account, call_tool: CallTool) -> None:
    for _ in range(TRIES):
        if not account.jobs:  # the very same call, as often as it was cut
            await _call(account, call_tool, "generate_image", prompt=PROMPT)
        elif account.state in {"", "queued", "running"}:
            await _call(account, call_tool, "get_job_status", job_id=account.jobs[0])


async def _call(account: Account, call_tool: CallTool, tool: str, **arguments: Any) -> None:
    began = time.monotonic()
    try:
        text = await call_tool(tool, arguments)
    except Exception as error:  # each client has its own for a call that it cut
        text = f"{type(error).__name__}: {error}"
    seconds = round(time.monotonic() - began, 1)
    jobs = JOB.findall(text)
    state = STATE.search(text) if jobs else None
    account.calls.append(Call(tool, seconds, state[0] if state else "", text))
    account.jobs += [job for job in dict.fromkeys(jobs) if job not in account.jobs]
    account.outputs = FILE.findall(text.replace("\\n", "\n")) or account.outputs
    account.state = state[0] if state else account.state
