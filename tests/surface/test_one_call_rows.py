"""What a talking video that was ordered in one call leaves in the ledger: by it, ledgers of any version are joined."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from tests.support.sandbox_server import facts, stand
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


async def rows(folder: Path, **arguments: Any) -> list[dict[str, Any]]:
    """The fingerprints and the order of each job that one call makes; ids give way to the jobs' numbers."""
    async with stand(folder) as here:
        video = facts(await here.call("create_talking_video", **arguments, wait_seconds=0))
        path = here.settings.state_dir / "jobs.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        records = [record for (record,) in db.execute("SELECT record FROM jobs ORDER BY rowid")]
    names = {one["job_id"]: f"job_{number}" for number, one in enumerate([*video["parts"], video])}
    text = "\n".join(records)
    for job_id, name in names.items():
        text = text.replace(job_id, name)
    kept = ("id", "fingerprint", "formerly", "order", "parts", "waiting_for", "title", "bucket")
    jobs = (json.loads(line) for line in text.splitlines())
    return [{name: job[name] for name in kept if name in job} for job in jobs]


async def test_a_face_and_a_voice_that_are_made_along_with_the_video(tmp_path: Path) -> None:
    words = {"image_prompt": " a fox in a red coat\n", "script": "Good morning to you.", "voice": "Rachel"}
    assert await rows(tmp_path, **words) == snapshot(
        [
            {
                "id": "job_0",
                "fingerprint": "d446f4cc2087f248d9c5083f5c5a547874133927715a18b1f868d92ff9997e6b",
                "formerly": [
                    "dcecf497741dfd12ea8c9030aa7cd0f2fac7ff6d1aeba40603313fe9221fa369",
                    "dcecf497741dfd12ea8c9030aa7cd0f2fac7ff6d1aeba40603313fe9221fa369-by-default",
                ],
                "order": {
                    "kind": "image",
                    "model": "google/nano-banana",
                    "prompt": " a fox in a red coat\n",
                    "images": [],
                    "aspect_ratio": "1:1",
                    "resolution": "",
                    "output_format": "png",
                    "upscale": "",
                    "copy_number": 1,
                },
                "title": "a fox in a red coat",
                "bucket": "127.0.0.1|google/nano-banana||",
            },
            {
                "id": "job_1",
                "fingerprint": "43ea74b2f47468606330e3fb90abd5045b6b3e72b234bc519b21b8538cb71571",
                "formerly": [
                    "43ea74b2f47468606330e3fb90abd5045b6b3e72b234bc519b21b8538cb71571",
                    "43ea74b2f47468606330e3fb90abd5045b6b3e72b234bc519b21b8538cb71571-by-default",
                ],
                "order": {
                    "kind": "speech",
                    "model": "elevenlabs/text-to-speech-turbo-2-5",
                    "text": "Good morning to you.",
                    "voice": "aD6riP1btT197c6dACmy",
                    "speed": 1.0,
                    "stability": None,
                    "similarity_boost": None,
                    "language": "",
                },
                "title": "Good morning to you.",
                "bucket": "127.0.0.1|elevenlabs/text-to-speech-turbo-2-5||200",
            },
            {
                "id": "job_2",
                "fingerprint": "bd37e52f74859dd75bf31beb74e3697b1af89c662c9c56c460ada0c5ac1282e1",
                "formerly": [
                    "843705b560c6bafdc75319bf8141c10296b1eca5acf34610c98ec74fe597fa49",
                    "843705b560c6bafdc75319bf8141c10296b1eca5acf34610c98ec74fe597fa49-by-default",
                ],
                "order": {
                    "kind": "talking_video",
                    "model": "infinitalk/from-audio",
                    "image": "kie://jobs/job_0/outputs/0",
                    "audio": "kie://jobs/job_1/outputs/0",
                    "prompt": "A person looks into the camera and speaks.",
                    "resolution": "480p",
                    "seed": None,
                },
                "parts": ["job_0", "job_1"],
                "waiting_for": ["job_0", "job_1"],
                "title": "Good morning to you.",
                "bucket": "127.0.0.1|infinitalk/from-audio|480p|5",
            },
        ]
    )


async def test_a_voice_alone_for_a_model_that_is_named(tmp_path: Path) -> None:
    given = {"image": "https://EXAMPLE.com/face.png", "script": "Hi.", "model": "omnihuman", "prompt": "nods"}
    assert await rows(tmp_path, **given) == snapshot(
        [
            {
                "id": "job_0",
                "fingerprint": "f7beea3da53ff995f74e7144b9ae0b739df3b3aa17bcc0d412d2f3ec0d6a9517",
                "formerly": [
                    "f7beea3da53ff995f74e7144b9ae0b739df3b3aa17bcc0d412d2f3ec0d6a9517",
                    "f7beea3da53ff995f74e7144b9ae0b739df3b3aa17bcc0d412d2f3ec0d6a9517-by-default",
                ],
                "order": {
                    "kind": "speech",
                    "model": "elevenlabs/text-to-speech-turbo-2-5",
                    "text": "Hi.",
                    "voice": "EkK5I93UQWFDigLMpZcX",
                    "speed": 1.0,
                    "stability": None,
                    "similarity_boost": None,
                    "language": "",
                },
                "title": "Hi.",
                "bucket": "127.0.0.1|elevenlabs/text-to-speech-turbo-2-5||200",
            },
            {
                "id": "job_1",
                "fingerprint": "64dd5b783285db9c3cd9f6bdcfe304c6cbe8596d30bafb1858bdfc788998f30b",
                "formerly": ["bde44cb7fad3d071880f76df75504853105ac2576d04b6b91573d94366da6977"],
                "order": {
                    "kind": "talking_video",
                    "model": "omnihuman-1-5",
                    "image": "https://EXAMPLE.com/face.png",
                    "audio": "kie://jobs/job_0/outputs/0",
                    "prompt": "nods",
                    "resolution": "1080",
                    "seed": None,
                },
                "parts": ["job_0"],
                "waiting_for": ["job_0"],
                "title": "Hi.",
                "bucket": "127.0.0.1|omnihuman-1-5|1080|5",
            },
        ]
    )
