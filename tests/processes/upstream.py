"""A small Kie.ai in a process of its own: writes down what it is asked, and waits where the prompt says so.

Run with a folder for its log. Words in a prompt: `{takes:3}` seconds of the job, and `{early:NAME}`, `{late:NAME}`,
`{look:NAME}`, `{file:NAME}`: until a file of that name is in the folder, it waits before the job is made, after that
but before the answer, with the answer to a look, or with the file.
"""

import argparse
import asyncio
import json
import os
import re
import struct
import sys
import time
import zlib
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LIMIT, SPAN = 20, 10.0
"""Creations that are taken in so many seconds."""
JSON = dict[str, Any]


@dataclass
class Made:
    """A job."""

    task: str
    prompt: str
    model: str
    at: float

    def word(self, name: str, default: str = "") -> str:
        """What the prompt says under that name."""
        return word(self.prompt, name) or default


@dataclass
class Upstream:
    """What there is of an account."""

    folder: Path
    pace: float = 1.0
    """How long everything takes, as a share of the usual."""
    url: str = ""
    made: dict[str, Made] = field(default_factory=dict[str, Made])
    recent: deque[float] = field(default_factory=lambda: deque[float](maxlen=LIMIT))

    def __post_init__(self) -> None:
        self._log = os.open(self.folder / "upstream.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, event: str, prompt: str, task: str = "") -> None:
        line = {"at": time.time(), "event": event, "prompt": prompt, "task": task}
        os.write(self._log, json.dumps(line).encode() + b"\n")

    async def until(self, name: str) -> None:
        while name and not (self.folder / name).exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.01)

    async def create(self, body: JSON) -> JSON:
        prompt: str = body["input"]["prompt"]
        self.note("create", prompt)
        await self.until(word(prompt, "early"))
        now = time.time()
        if len(self.recent) == LIMIT and self.recent[0] > now - SPAN * self.pace:
            self.note("too many", prompt)
            return {"code": 429, "msg": "Your call frequency is too high. Please try again later.", "data": None}
        self.recent.append(now)
        task = f"{len(self.made):08x}{os.urandom(12).hex()}"
        self.made[task] = Made(task, prompt, body["model"], now)
        self.note("made", prompt, task)
        await self.until(word(prompt, "late"))
        return _ok({"taskId": task, "recordId": task})

    async def create_at_once(self, form: bytes) -> JSON:
        """Answer the legacy call, in which the picture stands for the id."""
        prompt = re.search(rb'name="prompt"\r\n\r\n(.*?)\r\n--', form, re.DOTALL)
        body = {"model": "nanobanana", "input": {"prompt": prompt[1].decode() if prompt else ""}}
        task = (await self.create(body))["data"]["taskId"]
        return {"success": True, "image_url": f"{self.url}/files/{task}.png"}

    async def look(self, task: str) -> JSON:
        made = self.made.get(task)
        self.note("look", made.prompt if made else "", task)
        if made is None:
            return {"code": 422, "msg": "recordInfo is null", "data": None}
        await self.until(made.word("look"))
        ends = made.at + float(made.word("takes", "1")) * self.pace
        done = time.time() >= ends
        record = {
            "taskId": task,
            "model": made.model,
            "state": "success" if done else "generating",
            "successFlag": int(done),
            "resultJson": json.dumps({"resultUrls": [f"{self.url}/files/{task}.png"]}) if done else "",
            "failCode": None,
            "failMsg": None,
            "creditsConsumed": 4.0,
            "createTime": int(made.at * 1000),
            "completeTime": int(ends * 1000) if done else None,
        }
        return _ok(record)

    async def answer(self, method: str, target: str, body: bytes) -> tuple[str, bytes]:
        """The type and the bytes of an answer."""
        path, _, query = target.partition("?")
        match method, path:
            case "POST", "/api/v1/jobs/createTask":
                content = await self.create(json.loads(body))
            case "POST", "/v1/images/generate":
                content = await self.create_at_once(body)
            case "GET", "/api/v1/jobs/recordInfo":
                content = await self.look(query.removeprefix("taskId="))
            case "GET", "/api/v1/chat/credit":
                content = _ok(812.5)
            case "POST", "/api/v1/common/download-url":
                content = _ok(json.loads(body)["url"])
            case "GET", _ if made := self.made.get(Path(path).stem):
                self.note("file", made.prompt, made.task)
                await self.until(made.word("file"))
                return "image/png", png()
            case _:
                content = {"code": 404, "msg": "Not Found", "data": None}
        return "application/json", json.dumps(content).encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request on one connection."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
            kind, content = await self.answer(method, target, body)
            line = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
            writer.write(line.encode() + b"Connection: close\r\n\r\n" + content)
            await writer.drain()
            self.note("answered", target)
        except (OSError, asyncio.IncompleteReadError):
            return  # whoever asked was killed
        finally:
            writer.close()


def word(prompt: str, name: str) -> str:
    """What stands in the prompt as {name:...}."""
    found = re.search(rf"\{{{name}:([\w.-]+)\}}", prompt)
    return found[1] if found else ""


def _ok(data: Any) -> JSON:
    return {"code": 200, "msg": "success", "data": data}


def png() -> bytes:
    """A grey picture, 8 by 8."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x80" * 8) * 8)
    size = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def main(arguments: argparse.Namespace) -> None:
    upstream = Upstream(arguments.folder, arguments.pace)
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    upstream.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    sys.stdout.write(upstream.url + "\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pace", type=float, default=1.0)
    asyncio.run(main(parser.parse_args()))
