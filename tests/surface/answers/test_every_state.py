"""The whole answer about a job, text and structured content, in each state."""
# ruff: noqa: E501 (texts stand as they are said)

import json
from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot
from mcp.types import CallToolResult, ResourceLink, TextContent

from kie_mcp.errors import NotCreatedError, OrderError
from kie_mcp.jobs.draft import Expectation
from kie_mcp.jobs.job import Phase
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.surface.answers.build import build_listing, build_lost_answer, build_refusal, build_result, describe_job
from kie_mcp.surface.answers.schema import Answer
from kie_mcp.surface.answers.text import format_duration
from tests.support.every_state import BEGAN, EVERY, NOW, Case, done, job

FAILURES = {"failed", "unconfirmed"}


def told(case: Case) -> Answer:
    return describe_job(case.job, case.outlook, NOW, parts=case.parts, sandbox=case.sandbox, joined=case.joined)


def said(returned: CallToolResult) -> str:
    first = returned.content[0]
    assert isinstance(first, TextContent)
    return first.text


def known(returned: CallToolResult) -> dict[str, Any]:
    assert returned.structured_content is not None
    return returned.structured_content


def answers() -> dict[str, CallToolResult]:
    return {name: build_result(case.job, told(case)) for name, case in EVERY.items()}


def test_the_text_of_every_state() -> None:
    assert {name: said(returned) for name, returned in answers().items()} == snapshot(
        {
            "next in line": """\
queued: image, not sent yet, nothing charged, about 4 credits ($0.02)
job: job_9d1xabcdefghijklmnopqrstuv "a fox"
next: get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")\
""",
            "third in line": """\
queued: image, not sent yet, nothing charged, about 4 credits ($0.02)
note: In line: 2 before it, to be sent in about 7 s.
job: job_9d1xabcdefghijklmnopqrstuv "a fox"
next: get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")\
""",
            "held back by Kie.ai": """\
queued: image, not sent yet, nothing charged, about 4 credits ($0.02)
note: Kie.ai counts too many requests (code 429).
job: job_9d1xabcdefghijklmnopqrstuv "a fox"
next: get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")\
""",
            "waiting for two others": """\
queued: talking video, not sent yet, nothing charged, waiting for job_aaa, job_bbb, cost not known before it is made
job: job_9d1xabcdefghijklmnopqrstuv "a fox"
next: get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")\
""",
            "being sent": """\
queued: image, being sent, about 4 credits ($0.02)
job: job_9d1xabcdefghijklmnopqrstuv "a fox"
next: get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")\
""",
            "running": """\
running: image, 48 s so far, about 4 credits ($0.02)
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"
next: get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")\
""",
            "running, with what is usual": """\
running: talking video, 48 s so far, usually about 3 min, about 37.5 credits ($0.19)
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"
next: get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")\
""",
            "running, with Kie.ai's own figure": """\
running: talking video, 48 s so far, 45%, about 37.5 credits ($0.19)
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"
next: get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")\
""",
            "running, in a state never seen": """\
running: image, 48 s so far, about 4 credits ($0.02)
note: Kie.ai reports a state that this version does not know: 'rendering'.
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"
next: get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")\
""",
            "running, joined": """\
running: image, 48 s so far, about 4 credits ($0.02) (joined the job that an equal call had started)
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"
next: get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")\
""",
            "a picture": """\
succeeded: image, 1024x1024 PNG, made in 12 s, 4 credits ($0.02)
file: /home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png
url: https://files.example/a.png?signature=abc (valid until 2026-09-22T14:13:32Z at most)
chain it as: kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"\
""",
            "a picture of the sandbox": """\
succeeded: image, 1024x1024 PNG, made in 12 s, 4 credits ($0.02)
file: /home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png
url: https://files.example/a.png?signature=abc (valid until 2026-09-22T14:13:32Z at most)
chain it as: kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"
sandbox: a stand-in for Kie.ai answers here; no money is involved\
""",
            "a voice": """\
succeeded: speech, MP3 of 4.2 s, made in 12 s, 0.3 credits (under $0.01)
file: /home/you/Music/a.mp3
url: https://files.example/a.mp3 (valid until 2026-09-22T14:13:32Z at most)
chain it as: kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"\
""",
            "a film": """\
succeeded: talking video, 720x1280 MP4 of 12.5 s, made in 3 min, 37.5 credits ($0.19)
file: /home/you/Videos/a.mp4
url: https://files.example/a.mp4 (valid until 2026-09-22T14:13:32Z at most)
read it as: kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"\
""",
            "a film with a voice made for it": """\
succeeded: talking video, 720x1280 MP4 of 12.5 s, made in 12 s, 37.8 credits ($0.19) in all
file: /home/you/Videos/a.mp4
url: https://files.example/a.mp4 (valid until 2026-09-22T14:13:32Z at most)
read it as: kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0
note: The audio was cut to 15 s.
made with: speech job_7kq2abcdefghijklmnopqrstuv (succeeded, 0.3 credits)
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"\
""",
            "two pictures": """\
succeeded: image, 1024x1024 PNG, made in 12 s, 4 credits ($0.02)
file: /home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png
url: https://files.example/a.png?signature=abc (valid until 2026-09-22T14:13:32Z at most)
chain it as: kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0
file: not saved
url: https://files.example/b.png
chain it as: kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/1
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"\
""",
            "a picture, joined": """\
succeeded: image, 1024x1024 PNG, made in 12 s, 4 credits ($0.02) (joined the job that an equal call had started)
file: /home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png
url: https://files.example/a.png?signature=abc (valid until 2026-09-22T14:13:32Z at most)
chain it as: kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"
next: repeat with new=true to make, and pay for, another one\
""",
            "a picture, joined by its key": """\
succeeded: image, 1024x1024 PNG, made in 12 s, 4 credits ($0.02) (joined the job that an equal call had started)
file: /home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png
url: https://files.example/a.png?signature=abc (valid until 2026-09-22T14:13:32Z at most)
chain it as: kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"
next: repeat with another idempotency_key to make, and pay for, another one\
""",
            "not saved": """\
succeeded: image, made in 12 s, 4 credits ($0.02)
problem: File 1 of 1 was not saved: there is no room in /full (no space left on device).
what to do: Free some space for KIE_OUTPUT_DIR, then call get_job_status.
file: not saved
url: https://files.example/a.png
chain it as: kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"\
""",
            "nothing made": """\
succeeded: image, made in 12 s, 4 credits ($0.02)
problem: Kie.ai says that the job succeeded, but names no file.
what to do: Look at the job in https://kie.ai/logs by its task id: what was made may be there.
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"\
""",
            "an answer that is no file": """\
succeeded: omnihuman-1-5/subject-detection, made in 12 s, 4 credits ($0.02)
data: {"subject": 1}
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"\
""",
            "failed": """\
failed: image, Kie.ai's moderation refused what was asked for, or what came out (code 400).
Kie.ai says: "The prompt was flagged."
charged: nothing that we know of
what to do: Change the prompt or the inputs: the same ones are refused again.
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"\
""",
            "failed, perhaps charged": """\
failed: image, Kie.ai says that the job failed.
charged: it may have been
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"\
""",
            "failed, with a voice made for it": """\
failed: talking video, Kie.ai's moderation refused what was asked for, or what came out (code 400).
Kie.ai says: "The prompt was flagged."
charged: nothing that we know of for this job itself
what to do: Change the prompt or the inputs: the same ones are refused again.
note: The audio was cut to 15 s.
made with: speech job_7kq2abcdefghijklmnopqrstuv (succeeded, 0.3 credits)
job: job_9d1xabcdefghijklmnopqrstuv (Kie.ai's id: e931f4f24b0f6d5bc4744c719d3f67f3) "a fox"
next: if it is ordered again, the speech made for it will be used at no further cost\
""",
            "refused": """\
failed: image, No credits.
charged: nothing that we know of
what to do: Top up at https://kie.ai/billing (or raise the key's cap at https://kie.ai/api-key) and call again.
job: job_9d1xabcdefghijklmnopqrstuv "a fox"\
""",
            "unconfirmed": """\
unconfirmed: image, Kie.ai's answer to the create call was lost (ReadTimeout). The job may exist and may have been charged.
charged: it may have been
what to do: Have the user look at https://kie.ai/logs. If the job is there, pass its id to get_job_status; repeat with new=true only if it is not.
job: job_9d1xabcdefghijklmnopqrstuv "a fox"\
""",
            "unconfirmed, joined by its key": """\
unconfirmed: image, Kie.ai's answer to the create call was lost (ReadTimeout). The job may exist and may have been charged. (joined the job that an equal call had started)
charged: it may have been
what to do: Have the user look at https://kie.ai/logs. If the job is there, pass its id to get_job_status; repeat with another idempotency_key only if it is not.
job: job_9d1xabcdefghijklmnopqrstuv "a fox"\
""",
        }
    )


SAME = {"job_id": "job_9d1xabcdefghijklmnopqrstuv", "title": "a fox", "created_at": "2026-09-21T14:13:20Z"}
"""What the jobs of `EVERY` have in common."""
WORDS = ("message", "remedy", "upstream_message")


def own(returned: CallToolResult) -> dict[str, Any]:
    """The structured content without what is the same for all, and without an error's wording where the text has it."""
    facts = known(returned)
    assert facts.items() >= SAME.items()
    rest = {name: value for name, value in facts.items() if name not in SAME}
    if error := rest.get("error"):
        in_text = {name: "in the text" for name in WORDS if error.get(name) and error[name] in said(returned)}
        rest["error"] = error | in_text
    return rest


def test_the_structured_content_of_every_state() -> None:
    assert {name: own(returned) for name, returned in answers().items()} == snapshot(
        {
            "next in line": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "queued",
                "elapsed_s": 48.0,
                "outputs": [],
                "place": 0,
                "credits": {"estimated": 4.0, "usd": 0.02},
                "next": 'get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")',
            },
            "third in line": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "queued",
                "elapsed_s": 48.0,
                "outputs": [],
                "place": 2,
                "credits": {"estimated": 4.0, "usd": 0.02},
                "note": "In line: 2 before it, to be sent in about 7 s.",
                "next": 'get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")',
            },
            "held back by Kie.ai": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "queued",
                "elapsed_s": 48.0,
                "outputs": [],
                "place": 0,
                "credits": {"estimated": 4.0, "usd": 0.02},
                "note": "Kie.ai counts too many requests (code 429).",
                "next": 'get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")',
            },
            "waiting for two others": {
                "kind": "talking_video",
                "model": "infinitalk/from-audio",
                "state": "queued",
                "elapsed_s": 48.0,
                "outputs": [],
                "waiting_for": ["job_aaa", "job_bbb"],
                "next": 'get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")',
            },
            "being sent": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "queued",
                "elapsed_s": 48.0,
                "outputs": [],
                "credits": {"estimated": 4.0, "usd": 0.02},
                "next": 'get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")',
            },
            "running": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "running",
                "elapsed_s": 48.0,
                "outputs": [],
                "credits": {"estimated": 4.0, "usd": 0.02},
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
                "next": 'get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")',
            },
            "running, with what is usual": {
                "kind": "talking_video",
                "model": "infinitalk/from-audio",
                "state": "running",
                "elapsed_s": 48.0,
                "outputs": [],
                "expected_s": 181.4,
                "credits": {"estimated": 37.5, "usd": 0.1875},
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
                "next": 'get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")',
            },
            "running, with Kie.ai's own figure": {
                "kind": "talking_video",
                "model": "infinitalk/from-audio",
                "state": "running",
                "elapsed_s": 48.0,
                "outputs": [],
                "progress": 0.45,
                "credits": {"estimated": 37.5, "usd": 0.1875},
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
                "next": 'get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")',
            },
            "running, in a state never seen": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "running",
                "elapsed_s": 48.0,
                "outputs": [],
                "credits": {"estimated": 4.0, "usd": 0.02},
                "note": "Kie.ai reports a state that this version does not know: 'rendering'.",
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
                "next": 'get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")',
            },
            "running, joined": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "running",
                "elapsed_s": 48.0,
                "outputs": [],
                "joined": True,
                "credits": {"estimated": 4.0, "usd": 0.02},
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
                "next": 'get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")',
            },
            "a picture": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "succeeded",
                "elapsed_s": 12.0,
                "outputs": [
                    {
                        "url": "https://files.example/a.png?signature=abc",
                        "resource": "kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0",
                        "input_for": ["generate_image", "create_talking_video"],
                        "path": "/home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png",
                        "mime_type": "image/png",
                        "bytes": 123456,
                        "width": 1024,
                        "height": 1024,
                        "expires_at": "2026-09-22T14:13:32Z",
                    }
                ],
                "credits": {"estimated": 4.0, "used": 4.0, "usd": 0.02},
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
            },
            "a picture of the sandbox": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "succeeded",
                "elapsed_s": 12.0,
                "outputs": [
                    {
                        "url": "https://files.example/a.png?signature=abc",
                        "resource": "kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0",
                        "input_for": ["generate_image", "create_talking_video"],
                        "path": "/home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png",
                        "mime_type": "image/png",
                        "bytes": 123456,
                        "width": 1024,
                        "height": 1024,
                        "expires_at": "2026-09-22T14:13:32Z",
                    }
                ],
                "credits": {"estimated": 4.0, "used": 4.0, "usd": 0.02},
                "sandbox": True,
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
            },
            "a voice": {
                "kind": "speech",
                "model": "elevenlabs/text-to-speech-turbo-2-5",
                "state": "succeeded",
                "elapsed_s": 12.0,
                "outputs": [
                    {
                        "url": "https://files.example/a.mp3",
                        "resource": "kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0",
                        "input_for": ["create_talking_video"],
                        "path": "/home/you/Music/a.mp3",
                        "mime_type": "audio/mpeg",
                        "bytes": 40000,
                        "duration_s": 4.24,
                        "expires_at": "2026-09-22T14:13:32Z",
                    }
                ],
                "credits": {"estimated": 4.0, "used": 0.3, "usd": 0.0015},
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
            },
            "a film": {
                "kind": "talking_video",
                "model": "infinitalk/from-audio",
                "state": "succeeded",
                "elapsed_s": 190.0,
                "outputs": [
                    {
                        "url": "https://files.example/a.mp4",
                        "resource": "kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0",
                        "path": "/home/you/Videos/a.mp4",
                        "mime_type": "video/mp4",
                        "bytes": 900000,
                        "width": 720,
                        "height": 1280,
                        "duration_s": 12.5,
                        "expires_at": "2026-09-22T14:13:32Z",
                    }
                ],
                "credits": {"estimated": 37.5, "used": 37.5, "usd": 0.1875},
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
            },
            "a film with a voice made for it": {
                "kind": "talking_video",
                "model": "infinitalk/from-audio",
                "state": "succeeded",
                "elapsed_s": 12.0,
                "outputs": [
                    {
                        "url": "https://files.example/a.mp4",
                        "resource": "kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0",
                        "path": "/home/you/Videos/a.mp4",
                        "mime_type": "video/mp4",
                        "bytes": 900000,
                        "width": 720,
                        "height": 1280,
                        "duration_s": 12.5,
                        "expires_at": "2026-09-22T14:13:32Z",
                    }
                ],
                "parts": [
                    {
                        "job_id": "job_7kq2abcdefghijklmnopqrstuv",
                        "kind": "speech",
                        "state": "succeeded",
                        "resource": "kie://jobs/job_7kq2abcdefghijklmnopqrstuv/outputs/0",
                        "input_for": ["create_talking_video"],
                        "credits": 0.3,
                    }
                ],
                "credits": {"estimated": 37.5, "used": 37.5, "usd": 0.1875, "in_all": 37.8, "in_all_usd": 0.189},
                "note": "The audio was cut to 15 s.",
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
            },
            "two pictures": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "succeeded",
                "elapsed_s": 12.0,
                "outputs": [
                    {
                        "url": "https://files.example/a.png?signature=abc",
                        "resource": "kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0",
                        "input_for": ["generate_image", "create_talking_video"],
                        "path": "/home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png",
                        "mime_type": "image/png",
                        "bytes": 123456,
                        "width": 1024,
                        "height": 1024,
                        "expires_at": "2026-09-22T14:13:32Z",
                    },
                    {
                        "url": "https://files.example/b.png",
                        "resource": "kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/1",
                        "input_for": ["generate_image", "create_talking_video"],
                    },
                ],
                "credits": {"estimated": 4.0, "used": 4.0, "usd": 0.02},
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
            },
            "a picture, joined": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "succeeded",
                "elapsed_s": 12.0,
                "outputs": [
                    {
                        "url": "https://files.example/a.png?signature=abc",
                        "resource": "kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0",
                        "input_for": ["generate_image", "create_talking_video"],
                        "path": "/home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png",
                        "mime_type": "image/png",
                        "bytes": 123456,
                        "width": 1024,
                        "height": 1024,
                        "expires_at": "2026-09-22T14:13:32Z",
                    }
                ],
                "joined": True,
                "credits": {"estimated": 4.0, "used": 4.0, "usd": 0.02},
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
                "next": "repeat with new=true to make, and pay for, another one",
            },
            "a picture, joined by its key": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "succeeded",
                "elapsed_s": 12.0,
                "outputs": [
                    {
                        "url": "https://files.example/a.png?signature=abc",
                        "resource": "kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0",
                        "input_for": ["generate_image", "create_talking_video"],
                        "path": "/home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png",
                        "mime_type": "image/png",
                        "bytes": 123456,
                        "width": 1024,
                        "height": 1024,
                        "expires_at": "2026-09-22T14:13:32Z",
                    }
                ],
                "joined": True,
                "credits": {"estimated": 4.0, "used": 4.0, "usd": 0.02},
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
                "next": "repeat with another idempotency_key to make, and pay for, another one",
            },
            "not saved": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "succeeded",
                "elapsed_s": 12.0,
                "outputs": [
                    {
                        "url": "https://files.example/a.png",
                        "resource": "kie://jobs/job_9d1xabcdefghijklmnopqrstuv/outputs/0",
                        "input_for": ["generate_image", "create_talking_video"],
                    }
                ],
                "credits": {"estimated": 4.0, "used": 4.0, "usd": 0.02},
                "error": {
                    "category": "not_saved",
                    "message": "in the text",
                    "remedy": "in the text",
                    "retryable": True,
                    "may_have_been_charged": False,
                },
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
            },
            "nothing made": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "succeeded",
                "elapsed_s": 12.0,
                "outputs": [],
                "credits": {"estimated": 4.0, "used": 4.0, "usd": 0.02},
                "error": {
                    "category": "no_output",
                    "message": "in the text",
                    "remedy": "in the text",
                    "retryable": False,
                    "may_have_been_charged": True,
                },
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
            },
            "an answer that is no file": {
                "kind": "other",
                "model": "omnihuman-1-5/subject-detection",
                "state": "succeeded",
                "elapsed_s": 12.0,
                "outputs": [],
                "credits": {"estimated": 4.0, "used": 4.0, "usd": 0.02},
                "data": {"subject": 1},
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
            },
            "failed": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "failed",
                "elapsed_s": 12.0,
                "outputs": [],
                "credits": {"estimated": 4.0, "used": 0.0, "usd": 0.0},
                "error": {
                    "category": "moderation",
                    "message": "in the text",
                    "remedy": "in the text",
                    "retryable": False,
                    "may_have_been_charged": False,
                    "upstream_message": "in the text",
                },
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
            },
            "failed, perhaps charged": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "failed",
                "elapsed_s": 12.0,
                "outputs": [],
                "credits": {"estimated": 4.0},
                "error": {
                    "category": "failed",
                    "message": "in the text",
                    "remedy": "",
                    "retryable": False,
                    "may_have_been_charged": True,
                },
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
            },
            "failed, with a voice made for it": {
                "kind": "talking_video",
                "model": "infinitalk/from-audio",
                "state": "failed",
                "elapsed_s": 12.0,
                "outputs": [],
                "parts": [
                    {
                        "job_id": "job_7kq2abcdefghijklmnopqrstuv",
                        "kind": "speech",
                        "state": "succeeded",
                        "resource": "kie://jobs/job_7kq2abcdefghijklmnopqrstuv/outputs/0",
                        "input_for": ["create_talking_video"],
                        "credits": 0.3,
                    }
                ],
                "credits": {"estimated": 37.5, "used": 0.0, "usd": 0.0, "in_all": 0.3, "in_all_usd": 0.0015},
                "error": {
                    "category": "moderation",
                    "message": "in the text",
                    "remedy": "in the text",
                    "retryable": False,
                    "may_have_been_charged": False,
                    "upstream_message": "in the text",
                },
                "note": "The audio was cut to 15 s.",
                "kie_task_id": "e931f4f24b0f6d5bc4744c719d3f67f3",
                "next": "if it is ordered again, the speech made for it will be used at no further cost",
            },
            "refused": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "failed",
                "elapsed_s": 12.0,
                "outputs": [],
                "credits": {"estimated": 4.0},
                "error": {
                    "category": "credits",
                    "message": "in the text",
                    "remedy": "in the text",
                    "retryable": False,
                    "may_have_been_charged": False,
                },
            },
            "unconfirmed": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "unconfirmed",
                "elapsed_s": 12.0,
                "outputs": [],
                "credits": {"estimated": 4.0, "usd": 0.02},
                "error": {
                    "category": "unconfirmed",
                    "message": "in the text",
                    "remedy": "in the text",
                    "retryable": False,
                    "may_have_been_charged": True,
                },
            },
            "unconfirmed, joined by its key": {
                "kind": "image",
                "model": "google/nano-banana",
                "state": "unconfirmed",
                "elapsed_s": 12.0,
                "outputs": [],
                "joined": True,
                "credits": {"estimated": 4.0, "usd": 0.02},
                "error": {
                    "category": "unconfirmed",
                    "message": "in the text",
                    "remedy": "in the text",
                    "retryable": False,
                    "may_have_been_charged": True,
                },
            },
        }
    )


def test_only_a_job_that_came_to_nothing_is_an_error() -> None:
    for returned in answers().values():
        assert returned.is_error == (known(returned)["state"] in FAILURES)


@pytest.mark.parametrize("name", EVERY)
def test_what_a_caller_needs_is_in_both_halves(name: str) -> None:
    """Some clients show a model only the text, others only the structured content."""
    returned = answers()[name]
    text, facts = said(returned), known(returned)
    wanted = [facts["state"], facts["job_id"], facts.get("kie_task_id"), facts.get("note"), facts.get("next")]
    wanted += [facts.get("error", {}).get(key) for key in ("message", "remedy", "upstream_message")]
    wanted += [output.get(key) for output in facts["outputs"] for key in ("url", "path", "resource", "expires_at")]
    wanted += facts.get("waiting_for", [])
    if facts["state"] not in FAILURES and "credits" in facts:  # there the text says whether anything was charged
        price = facts["credits"]
        wanted.append(f"{price.get('in_all', price.get('used', price['estimated'])):g} credits")
    for value in filter(None, wanted):
        assert value in text


@pytest.mark.parametrize("name", EVERY)
def test_a_job_that_may_have_been_sent_is_never_said_to_have_cost_nothing(name: str) -> None:
    text = said(answers()[name])
    certain = EVERY[name].job.phase is Phase.RESERVED
    assert ("nothing charged" in text) == certain


def test_an_unconfirmed_job_is_never_called_failed() -> None:
    for name, returned in answers().items():
        if name.startswith("unconfirmed"):
            assert "failed" not in said(returned) + json.dumps(known(returned))


def test_each_output_is_a_link_unless_links_break_the_client() -> None:
    case = EVERY["two pictures"]
    with_links, without = (build_result(case.job, told(case), links=links) for links in (True, False))
    links = [block.model_dump(exclude_none=True) for block in with_links.content if isinstance(block, ResourceLink)]
    assert links == snapshot(
        [
            {
                "name": "2026-09-21-image-9d1xabcd-1.png",
                "uri": "https://files.example/a.png?signature=abc",
                "mime_type": "image/png",
                "size": 123456,
                "type": "resource_link",
            },
            {"name": "image-2", "uri": "https://files.example/b.png", "type": "resource_link"},
        ]
    )
    assert [block.type for block in without.content] == ["text"]


def test_foreign_data_cannot_break_out_of_its_line() -> None:
    assert said(answers()["an answer that is no file"]).count("\n") == 2


def test_a_refusal_says_what_to_do_and_that_nothing_was_charged() -> None:
    refused = build_refusal(OrderError("speed: 2 is out of range.", remedy="Use 0.7 to 1.2."))
    assert (said(refused), known(refused), refused.is_error) == snapshot(
        (
            """\
error: speed: 2 is out of range.
what to do: Use 0.7 to 1.2.\
""",
            {
                "error": {
                    "category": "invalid_argument",
                    "message": "speed: 2 is out of range.",
                    "remedy": "Use 0.7 to 1.2.",
                    "retryable": False,
                    "may_have_been_charged": False,
                }
            },
            True,
        )
    )
    assert said(build_refusal(NotCreatedError("Nothing was sent."))) == snapshot("error: Nothing was sent.")


@pytest.mark.parametrize("error", [LedgerError("The ledger is locked."), RuntimeError("a secret")])
def test_a_job_that_was_ordered_keeps_its_id_whatever_breaks(error: Exception) -> None:
    """An unforeseen error is no reason to order again, and its message is not shown: it may hold anything."""
    returned = build_lost_answer(job(Phase.RESERVED), error)
    assert known(returned)["job_id"] in said(returned)
    assert known(returned)["error"]["may_have_been_charged"]
    assert "secret" not in said(returned)
    assert returned.is_error


def test_how_a_lost_sight_reads() -> None:
    assert said(build_lost_answer(job(Phase.RESERVED), LedgerError("The ledger is locked."))) == snapshot("""\
error: The ledger is locked. The job was ordered and goes on.
charged: it may have been
what to do: Do not order it again: ask with get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv").
job: job_9d1xabcdefghijklmnopqrstuv\
""")


def test_a_listing_has_a_line_for_each_job_and_the_next_step() -> None:
    cases = [EVERY[name] for name in ("a picture", "running", "failed", "not saved", "third in line")]
    returned = build_listing([told(case) for case in cases])
    assert said(returned) == snapshot("""\
2026-09-21T14:13:20Z succeeded image job_9d1xabcdefghijklmnopqrstuv "a fox" /home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png
2026-09-21T14:13:20Z running image job_9d1xabcdefghijklmnopqrstuv "a fox"
2026-09-21T14:13:20Z failed image job_9d1xabcdefghijklmnopqrstuv "a fox" Kie.ai's moderation refused what was asked for, or what came out (code 400).
2026-09-21T14:13:20Z succeeded image job_9d1xabcdefghijklmnopqrstuv "a fox" File 1 of 1 was not saved: there is no room in /full (no space left on device). https://files.example/a.png
2026-09-21T14:13:20Z queued image job_9d1xabcdefghijklmnopqrstuv "a fox"
next: get_job_status(job_id="job_9d1xabcdefghijklmnopqrstuv")\
""")
    assert [job["state"] for job in known(returned)["jobs"]] == snapshot(
        ["succeeded", "running", "failed", "succeeded", "queued"]
    )
    assert said(build_listing([])) == snapshot("no such jobs")


def test_a_clock_that_was_set_back_makes_no_negative_time() -> None:
    assert describe_job(job(Phase.RUNNING), EVERY["running"].outlook, BEGAN - 100).elapsed_s == 0


def test_a_price_too_small_for_cents_is_not_called_nothing() -> None:
    small = told(replace(EVERY["a voice"], job=done(credits_used=0.012)))
    assert "0.012 credits (under $0.01)" in said(build_result(done(), small))


def test_lengths_of_time_as_people_say_them() -> None:
    assert [format_duration(seconds) for seconds in (0.2, 48, 89, 181, 5399, 7200)] == snapshot(
        ["0 s", "48 s", "89 s", "3 min", "90 min", "2.0 h"]
    )


@pytest.mark.parametrize("note", ["", "Kie.ai is busy."])
def test_what_there_is_to_know_of_an_order_is_said_at_once_and_not_only_after_it_was_sent(note: str) -> None:
    """While the job waits in line, the caller can still think it over."""
    doubt = "It is known to go well up to 15 s, and this lasts about 40 s."
    queued = job(Phase.RESERVED, sent_at=None, task_id=None, note=note, remark=doubt)
    told = describe_job(queued, Expectation(place=2, sent_in_s=7.0), NOW).note
    assert told == f"{note or 'In line: 2 before it, to be sent in about 7 s.'} {doubt}"
