"""Jobs made by hand, one for each state that an answer can speak of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kie_mcp.errors import CreditError, Trouble, UnconfirmedError
from kie_mcp.jobs.draft import Expectation
from kie_mcp.jobs.job import Job, Output, Phase
from kie_mcp.orders.kind import Kind

BEGAN = 1_790_000_000.0
"""When each of them was ordered."""
NOW = BEGAN + 48.0
ID = "job_9d1xabcdefghijklmnopqrstuv"
TASK = "e931f4f24b0f6d5bc4744c719d3f67f3"
UNSENT: dict[str, Any] = {"sent_at": None, "task_id": None}


@dataclass(frozen=True)
class Case:
    """What an answer is made from."""

    job: Job
    outlook: Expectation = field(default_factory=Expectation)
    parts: tuple[Job, ...] = ()
    joined: bool = False
    sandbox: bool = False


def job(phase: Phase, **changes: Any) -> Job:
    """A job in that phase: a picture that was sent a second after it was ordered."""
    given: dict[str, Any] = {
        "id": ID,
        "account": "an account",
        "kind": Kind.IMAGE,
        "model": "google/nano-banana",
        "order": {"kind": "image", "prompt": "a fox"},
        "fingerprint": "equal",
        "created_at": BEGAN,
        "updated_at": BEGAN,
        "sent_at": BEGAN + 1,
        "task_id": TASK,
        "credits_estimated": 4.0,
    }
    return Job(phase=phase, **(given | changes))


def done(phase: Phase = Phase.SUCCEEDED, **changes: Any) -> Job:
    """The same, ended after 12 seconds."""
    return job(phase, **({"finished_at": BEGAN + 12, "credits_used": 4.0} | changes))


PICTURE = Output(
    url="https://files.example/a.png?signature=abc",
    path="/home/you/Pictures/kie/2026-09-21-image-9d1xabcd-1.png",
    mime_type="image/png",
    bytes=123_456,
    width=1024,
    height=1024,
    expires_at=BEGAN + 86_412,
)
VOICE = Output(
    url="https://files.example/a.mp3",
    path="/home/you/Music/a.mp3",
    mime_type="audio/mpeg",
    bytes=40_000,
    duration_s=4.24,
    expires_at=BEGAN + 86_412,
)
FILM = Output(
    url="https://files.example/a.mp4",
    path="/home/you/Videos/a.mp4",
    mime_type="video/mp4",
    bytes=900_000,
    width=720,
    height=1280,
    duration_s=12.5,
    expires_at=BEGAN + 86_412,
)
FAILED = Trouble(
    category="moderation",
    message="Kie.ai's moderation refused what was asked for, or what came out (code 400).",
    remedy="Change the prompt or the inputs: the same ones are refused again.",
    upstream_message="The prompt was flagged.",
)
NOT_SAVED = Trouble(
    category="not_saved",
    message="File 1 of 1 was not saved: there is no room in /full (no space left on device).",
    remedy="Free some space for KIE_OUTPUT_DIR, then call get_job_status.",
    retryable=True,
)
EMPTY = Trouble(
    category="no_output",
    message="Kie.ai says that the job succeeded, but names no file.",
    remedy="Look at the job in https://kie.ai/logs by its task id: what was made may be there.",
    may_have_been_charged=True,
)
LOST = UnconfirmedError(
    "Kie.ai's answer to the create call was lost (ReadTimeout). The job may exist and may have been charged."
).trouble
MAYBE = Trouble(category="failed", message="Kie.ai says that the job failed.", may_have_been_charged=True)
SPEECH: dict[str, Any] = {"kind": Kind.SPEECH, "model": "elevenlabs/text-to-speech-turbo-2-5"}
VOICED: dict[str, Any] = {"id": "job_7kq2abcdefghijklmnopqrstuv", "credits_used": 0.3}
TALK: dict[str, Any] = {"kind": Kind.TALKING_VIDEO, "model": "infinitalk/from-audio", "credits_estimated": 37.5}

EVERY: Mapping[str, Case] = {
    "next in line": Case(job(Phase.RESERVED, **UNSENT)),
    "third in line": Case(job(Phase.RESERVED, **UNSENT), Expectation(place=2, sent_in_s=7.2)),
    "held back by Kie.ai": Case(
        job(Phase.RESERVED, **UNSENT, note="Kie.ai counts too many requests (code 429)."), Expectation(sent_in_s=9.6)
    ),
    "waiting for two others": Case(
        job(Phase.RESERVED, **(UNSENT | TALK | {"credits_estimated": None}), waiting_for=("job_aaa", "job_bbb"))
    ),
    "being sent": Case(job(Phase.SUBMITTING, task_id=None)),
    "running": Case(job(Phase.SUBMITTED)),
    "running, with what is usual": Case(job(Phase.RUNNING, **TALK), Expectation(usual_s=181.4)),
    "running, with Kie.ai's own figure": Case(job(Phase.RUNNING, **TALK, progress=0.45)),
    "running, in a state never seen": Case(
        job(Phase.RUNNING, note="Kie.ai reports a state that this version does not know: 'rendering'.")
    ),
    "running, joined": Case(job(Phase.RUNNING), joined=True),
    "a picture": Case(done(outputs=(PICTURE,))),
    "a picture of the sandbox": Case(done(outputs=(PICTURE,)), sandbox=True),
    "a voice": Case(done(**SPEECH, outputs=(VOICE,), credits_used=0.3)),
    "a film": Case(done(**TALK, outputs=(FILM,), credits_used=37.5, finished_at=BEGAN + 190)),
    "a film with a voice made for it": Case(
        done(**TALK, outputs=(FILM,), credits_used=37.5, remark="The audio was cut to 15 s."),
        parts=(done(**SPEECH, **VOICED, outputs=(VOICE,)),),
    ),
    "two pictures": Case(done(outputs=(PICTURE, Output(url="https://files.example/b.png")))),
    "a picture, joined": Case(done(outputs=(PICTURE,)), joined=True),
    "a picture, joined by its key": Case(done(outputs=(PICTURE,), idempotency_key="k1"), joined=True),
    "not saved": Case(done(outputs=(Output(url="https://files.example/a.png"),), trouble=NOT_SAVED)),
    "nothing made": Case(done(trouble=EMPTY)),
    "an answer that is no file": Case(
        done(kind=Kind.OTHER, model="omnihuman-1-5/subject-detection", data={"subject\n\u202e": 1})
    ),
    "failed": Case(done(Phase.FAILED, credits_used=0.0, trouble=FAILED)),
    "failed, perhaps charged": Case(done(Phase.FAILED, credits_used=None, trouble=MAYBE)),
    "failed, with a voice made for it": Case(
        done(Phase.FAILED, **TALK, credits_used=0.0, trouble=FAILED, remark="The audio was cut to 15 s."),
        parts=(done(**SPEECH, **VOICED, outputs=(VOICE,)),),
    ),
    "refused": Case(done(Phase.FAILED, credits_used=None, task_id=None, trouble=CreditError("No credits.").trouble)),
    "unconfirmed": Case(done(Phase.UNCONFIRMED, task_id=None, credits_used=None, trouble=LOST)),
    "unconfirmed, joined by its key": Case(
        done(Phase.UNCONFIRMED, task_id=None, credits_used=None, trouble=LOST, idempotency_key="k1"), joined=True
    ),
}
