"""A model is one row, and the sandbox's own row: nothing else has to be edited for it to be offered, checked and paid.

The rows are added as a contributor adds them, in a copy of the package, and a process of its own looks at the copy.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

ROW = """    Model(
        id="acme/talker",
        kind=Kind.TALKING_VIDEO,
        title="Acme Talker",
        label="acme",
        source="https://docs.kie.ai/market/acme/talker",
        date=dt.date(2026, 11, 1),
        takes=Capabilities(
            prompt_max=7_000,
            prompt_required=False,
            image_types=_PICTURES,
            image_mb=5,
            resolutions=("360p",),
            seed_range=(-7, 3_000_000_000),
            audio_types=_SOUNDS,
            audio_codecs=_CODECS,
            audio_mb=10,
            audio_seconds=900,
        ),
        price=Price(per="second", credits={"360p": 41}),
        lasts=_VIDEO_TIME,
        inputs={**_VIDEO, "resolution": "resolution", "seed": "seed"},
        aliases=("acme",),
    ),
"""
SANDBOX_ROW = """    "acme/talker": Model(
        "film",
        {**_AVATAR, "prompt": text(7000), "resolution": choice("360p"), "seed": number(-7, 3_000_000_000)},
        per_second(41),
        _NAMED,
        longest_audio=900,
    ),
"""
LOOK = """
import json, sys
from pathlib import Path
import anyio
from mcp import Client
from kie_mcp.app import create_server
from kie_mcp.sandbox import serve
from kie_mcp.settings import Settings
from kie_mcp.catalog.models import MODELS
from tests.support.model_table import table

async def main(folder):
    async with serve(speed=200) as url:
        settings = Settings(state_dir=folder, output_dir=folder, api_key="k", api_base_url=url, upload_base_url=url)
        async with Client(create_server(settings)) as client:
            tools = {tool.name: tool.input_schema["properties"] for tool in (await client.list_tools()).tools}
            async def call(tool, **given):
                answer = await client.call_tool(tool, given)
                return answer.structured_content or answer.content[0].text
            files = {"image": "https://example.com/face.png", "audio": "https://example.com/voice.mp3"}
            choices = {"model": "ACME", "resolution": "360", "seed": -7}
            video = await call("create_talking_video", **files, **choices, wait_seconds=0)
            while "kie_task_id" not in video and video["state"] == "queued":
                video = await call("get_job_status", job_id=video["job_id"], wait_seconds=1)
            words = {"image_prompt": "a face", "wait_seconds": 0}
            priced = await call("create_talking_video", **words, script="a" * 15, model="acme")
            long = await call("create_talking_video", **words, script="a" * 5000, model="omnihuman")
            models = (await client.read_resource("kie://models/acme/talker")).contents[0].text
            found = dict(schema=tools["create_talking_video"], video=video, priced=priced, long=long)
            print(json.dumps(found | {"resource": json.loads(models), "table": table(MODELS)}))

anyio.run(main, Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a server says and does whose catalogue has one row more."""
    copy = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "kie_mcp", copy / "kie_mcp", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests" / "support").mkdir(parents=True)
    shutil.copy(ROOT / "tests/support/model_table.py", copy / "tests/support")
    add(ROW, copy / "kie_mcp/catalog/models.py", after="    ),\n", before=")\n")
    add(SANDBOX_ROW, copy / "kie_mcp/sandbox/account/models.py", after="Mapping[str, Model] = {\n")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KIE_")}
    ran = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", LOOK, str(tmp_path_factory.mktemp("state"))],
        capture_output=True,
        cwd=copy,
        env=clean | {"PYTHONPATH": str(copy)},
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    return json.loads(ran.stdout)


def add(row: str, file: Path, *, after: str, before: str = "") -> None:
    """Put a row into a table, at the one place that looks so."""
    text = file.read_text("utf-8")
    assert text.count(after + before) == 1, f"The table in {file.name} looks otherwise now: tell this test how."
    file.write_text(text.replace(after + before, after + row + before), "utf-8")


def test_the_schema_offers_it_with_its_price_and_its_limits(seen: dict[str, Any]) -> None:
    schema = seen["schema"]
    assert "acme/talker" in schema["model"]["enum"]
    assert schema["model"]["description"].endswith(", acme=41")
    assert "360p" in schema["resolution"]["enum"]
    assert schema["resolution"]["description"].endswith("; 360p only for acme")
    assert schema["audio"]["description"].endswith(", 15 min for acme")
    assert "up to 5 MB" in schema["image"]["description"]
    assert (schema["seed"]["minimum"], schema["seed"]["maximum"]) == (-7, 3_000_000_000)
    assert schema["prompt"]["maxLength"] == 7_000


def test_an_order_for_it_is_checked_sent_and_estimated_as_its_row_says(seen: dict[str, Any]) -> None:
    video = seen["video"]
    assert (video["model"], video["state"]) in {("acme/talker", "queued"), ("acme/talker", "running")}, video
    assert video["kie_task_id"]
    price = seen["priced"]["credits"]
    assert price["least"] < 41 < price["estimated"] < 2.5 * 41  # its script lasts about a second


def test_refusals_of_other_models_recommend_it(seen: dict[str, Any]) -> None:
    assert "acme/talker (up to 900 s: " in str(seen["long"])


def test_its_facts_are_a_resource_and_a_line_of_the_readme(seen: dict[str, Any]) -> None:
    assert seen["resource"]["credits"] == {"per": "second", "by_resolution": {"360p": 41}}
    assert "| `acme/talker` | talking video | 7,000 characters, a picture (JPEG, PNG or WebP, 5 MB)" in seen["table"]
    assert "[2026-11-01](https://docs.kie.ai/market/acme/talker)" in seen["table"]
