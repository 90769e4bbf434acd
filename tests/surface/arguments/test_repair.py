"""Arguments in the wrong forms that models send."""

from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from kie_mcp.surface.arguments.repair import repair
from tests.support.library_words import ours
from tests.support.sandbox_server import BASE, facts, stand, text
from tests.support.virtual_time import HURRIED

PROPERTIES: dict[str, Any] = {
    "prompt": {"type": "string"},
    "images": {"type": "array"},
    "resolution": {"type": "string"},
    "wait_seconds": {"type": "number"},
    "new": {"type": "boolean"},
}


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ({"prompt": "4"}, {"prompt": "4"}),
        ({"prompt": 4}, {"prompt": "4"}),
        ({"prompt": 4.0}, {"prompt": "4"}),
        ({"prompt": 123456.78}, {"prompt": "123456.78"}),
        ({"images": "[" * 5000}, {"images": ["[" * 5000]}),
        ({"prompt": ["a fox"]}, {"prompt": "a fox"}),
        ({"prompt": ["a", "fox"]}, {"prompt": ["a", "fox"]}),
        ({"prompt": True}, {"prompt": True}),
        ({"prompt": None}, {}),
        ({"resolution": 720}, {"resolution": "720"}),
        ({"images": "a.png"}, {"images": ["a.png"]}),
        ({"images": '["a.png", "b.png"]'}, {"images": ["a.png", "b.png"]}),
        ({"images": "[a.png"}, {"images": ["[a.png"]}),
        ({"images": ""}, {}),
        ({"image": "a.png"}, {"images": ["a.png"]}),
        ({"image_url": "a.png"}, {"images": ["a.png"]}),
        ({"image_urls": ["a.png"]}, {"images": ["a.png"]}),
        ({"image_url": "a.png", "image_urls": ["b.png"]}, {"images": ["a.png"], "image_urls": ["b.png"]}),
        ({"images": ["a.png"], "image_url": "b.png"}, {"images": ["a.png"], "image_url": "b.png"}),
        ({"wait_seconds": ""}, {}),
        ({"wait_seconds": "4"}, {"wait_seconds": "4"}),
        ({"colour": None}, {"colour": None}),
    ],
)
def test_what_is_certain_is_taken_and_the_rest_left_for_the_schema(given: dict[str, Any], understood: object) -> None:
    assert repair(given, {"properties": PROPERTIES, "required": ["prompt"]}) == understood


@pytest.mark.anyio
async def test_a_call_in_the_forms_of_models_is_the_call_that_was_meant(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        await here.call(
            "generate_image",
            prompt="a fox",
            image_urls='["https://example.com/a.png\\n"]',
            model="Nano-Banana-Pro ",
            resolution="1k",
            wait_seconds="0",
            new="false",
            style=None,
        )
        await here.call(
            "create_talking_video",
            image_url=["https://example.com/a.png"],
            text="Hello.",
            voice_id="Rachel",
            resolution=720,
            seed="12345",
            wait_seconds=0,
        )
        listed = facts(await here.call("list_jobs", limit="4"))["jobs"]
        film = next(job["job_id"] for job in listed if job["kind"] == "talking_video")
        waited = facts(await here.call("get_job_status", task_id=f"{film}\n", wait_seconds="600"))
    assert waited["state"] == "succeeded"
    inputs = [body["input"] for body in here.creates if "speech" not in body["model"]]
    assert inputs[1].pop("audio_url").startswith(BASE)
    assert inputs == snapshot(
        [
            {
                "prompt": "a fox",
                "aspect_ratio": "auto",
                "image_input": ["https://example.com/a.png"],
                "resolution": "1K",
                "output_format": "png",
            },
            {
                "prompt": "A person looks into the camera and speaks.",
                "image_url": "https://example.com/a.png",
                "resolution": "720p",
                "seed": 12345,
            },
        ]
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"images": [["a.png"]]},
            snapshot("""\
error: images[0]: a list of 1 given; ().
what to do: Correct the arguments and call again.\
"""),
        ),
        (
            {"wait_seconds": "soon"},
            snapshot("""\
error: wait_seconds: 'soon' given; ().
what to do: Correct the arguments and call again.\
"""),
        ),
        (
            {"new": "perhaps"},
            snapshot("""\
error: new: 'perhaps' given; ().
what to do: Correct the arguments and call again.\
"""),
        ),
        (
            {"prompt": {"text": "a fox"}},
            snapshot("""\
error: prompt: an object given; ().
what to do: Correct the arguments and call again.\
"""),
        ),
        (
            {"image_url": "https://a.example/1.png", "images": ["https://a.example/2.png"]},
            snapshot("""\
error: 'image_url': generate_image has no such argument; images is given already.
what to do: Correct the arguments and call again.\
"""),
        ),
    ],
)
async def test_what_is_not_certain_is_refused_with_the_remedy(
    tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    async with stand(tmp_path) as here:
        answer = await here.call("generate_image", **{"prompt": "a fox"} | given)
    assert answer.is_error
    assert (ours(text(answer)), here.creates) == (message, [])
