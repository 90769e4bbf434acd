"""Answers of our server, as the viewer gets them: one for each thing it can show."""

import json
from typing import Any

from kie_mcp.errors import Trouble
from kie_mcp.orders.kind import Kind
from kie_mcp.surface.answers.accepting_tools import tools_accepting
from kie_mcp.surface.answers.schema import Answer, CreditFields, OutputFields, PartFields
from tests.support.media_files import film, picture, sound
from tests.viewer.host import Refused, Reply

JOB = "job_7kq2abcdefghijklmnopqrst"
RESOURCE = f"kie://jobs/{JOB}/outputs/0"
LINK = "https://tempfile.aiquickdraw.com/a"

REFUSED = Trouble(
    category="refused",
    message="Kie.ai refused the prompt.",
    remedy="Change the prompt and call again.",
    retryable=False,
    may_have_been_charged=False,
    upstream_message="Your prompt was flagged.",
)
LOST = Trouble(
    category="unconfirmed",
    message="Kie.ai did not answer the create call.",
    remedy="Look at https://kie.ai/logs.",
    retryable=False,
    may_have_been_charged=True,
)


def told(state: str, kind: str = "image", **more: Any) -> dict[str, Any]:
    """The structured content that speaks of a job."""
    given: dict[str, Any] = {"elapsed_s": 12.0, "outputs": (), "created_at": "2026-11-22T10:00:00Z"}
    given.update(more)
    return Answer(job_id=JOB, kind=kind, model="google/nano-banana", state=state, **given).as_json()


def made(kind: str, mime: str, *, url: str = LINK, **more: Any) -> dict[str, Any]:
    """The same, of a finished job with one file."""
    takers = tools_accepting(Kind(kind), mime) or None
    output = OutputFields(
        url=url, resource=RESOURCE, input_for=takers, path="/home/me/kie/a file.bin", mime_type=mime, **more
    )
    return told("succeeded", kind, outputs=[output], credits=CreditFields(used=4))


def running(**more: Any) -> dict[str, Any]:
    """The same, of one that runs."""
    return told("running", "talking_video", **({"elapsed_s": 48.0, "expected_s": 180.0} | more))


PICTURE = made("image", "image/png", width=640, height=480)
SPEECH = made("speech", "audio/mpeg", duration_s=2.0)
FILM = made("talking_video", "video/mp4", width=640, height=480, duration_s=1.0)
FAILED = told("failed", error=REFUSED)
FACE, VOICE = ("job_" + letter * 26 for letter in "fv")


def parts(picture: str, speech: str) -> list[PartFields]:
    """A video's picture and speech, in these states."""
    made = (("image", FACE, picture, 4), ("speech", VOICE, speech, 1.5))
    return [
        PartFields(
            job_id=job,
            kind=kind,
            state=state,
            resource=f"kie://jobs/{job}/outputs/0",
            input_for=tools_accepting(Kind(kind)),
            credits=price,
        )
        for kind, job, state, price in made
    ]


def in_line(picture: str, speech: str, *others: str) -> dict[str, Any]:
    """The same as `told`, of a video that waits for its parts and perhaps for other jobs."""
    ordered = parts(picture, speech)
    waiting_for = [part.job_id for part in ordered if part.state != "succeeded"]
    return told("queued", "talking_video", parts=ordered, waiting_for=[*waiting_for, *others])


FILM_OF_PARTS = FILM | {"parts": [part.as_json() for part in parts("succeeded", "succeeded")]}
FAILED_OF_PARTS = told("failed", "talking_video", parts=parts("succeeded", "failed"), error=REFUSED)
UNCONFIRMED = told("unconfirmed", error=LOST)


def file(kind: str) -> tuple[str, bytes]:
    """A real file of that kind, with its type."""
    match kind:
        case "audio":
            return "audio/mpeg", sound("mp3", "libmp3lame")
        case "video":
            return "video/mp4", film(size=(640, 480))
        case _:
            return "image/png", picture(size=(640, 480))


def record(*states: dict[str, Any]) -> Reply:
    """Answer for the job's record: one state after the other, and the last one ever again."""
    left = list(states)

    async def read(params: dict[str, Any]) -> dict[str, Any]:
        if params["uri"] != f"kie://jobs/{JOB}":
            raise Refused
        text = json.dumps(left.pop(0) if len(left) > 1 else left[0])
        return {"contents": [{"uri": params["uri"], "mimeType": "application/json", "text": text}]}

    return read


def status(facts: dict[str, Any]) -> Reply:
    """Answer `get_job_status`."""

    async def call(params: dict[str, Any]) -> dict[str, Any]:
        return {"content": [], "structuredContent": facts}

    return call
