"""What is known of a file lies beside it, if that is asked for, and never at the cost of the file."""

# ruff: noqa: E501 (whole sentences)

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from kie_mcp.errors import Trouble
from kie_mcp.jobs.job import JSON, Job
from kie_mcp.media.outputs.saver import OutputSaver
from kie_mcp.media.outputs.sidecar import sidecar_trouble
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.order import ImageOrder, SpeechOrder, TalkingVideoOrder
from kie_mcp.orders.own_file_uris import input_uri
from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import Settings
from tests.support.download_links import JOB, LINK, PNG, Hand, Shelf, names, told, whole
from tests.support.media_files import wav

pytestmark = pytest.mark.anyio

DIGEST = "0123456789abcdef" * 4
PAINTED = replace(
    JOB,
    model="google/nano-banana",
    order=ImageOrder(
        model="google/nano-banana",
        prompt='A "red" fox\nim Mäntelchen 🦊',
        images=(
            "https://files.example/a.png?X-Amz-Signature=canary#canary",
            "HTTPS://me:canary@files.example/b.png",
            "kie://jobs/job_abc/outputs/0",
            input_uri("file:///home/you/Pictures/c.png", DIGEST),
            input_uri("data:image/png", DIGEST),
            "data:image/png;base64,canary",
        ),
        aspect_ratio="auto",
    ).model_dump(mode="json"),
    task_id="4daa00eb286212c09ae296c3167089f0",
    credits_estimated=4.0,
    credits_used=3.5,
)
SPOKEN = replace(
    JOB,
    kind=Kind.SPEECH,
    order=SpeechOrder(model="m", text="Good morning!", voice="Sarah").model_dump(mode="json"),
)
SUNG = replace(
    JOB,
    kind=Kind.OTHER,
    order=TalkingVideoOrder(model="m", image="https://a.example/a", audio="https://a.example/b", seed=12).model_dump(
        mode="json"
    ),
)


def saver(folder: Path, data: bytes = PNG, *, sandbox: bool = False) -> OutputSaver:
    shelf = Shelf((LINK, whole(data)))
    return OutputSaver(folder, shelf.fetch, shelf.renew, Hand(), sidecar=True, sandbox=lambda: sandbox)


async def beside(folder: Path, job: Job, data: bytes = PNG, *, sandbox: bool = False) -> JSON:
    """Save a file and read what lies beside it."""
    (output,), trouble = await saver(folder, data, sandbox=sandbox).save(job, [LINK])
    assert trouble is None
    assert output.path is not None
    assert names(folder) == [Path(output.path).name, f"{Path(output.path).name}.json"]
    return read(folder)


def read(folder: Path) -> JSON:
    """What the one sidecar in a folder says."""
    facts: Any = json.loads(only(folder).read_bytes())
    return facts


def only(folder: Path) -> Path:
    """The one sidecar in a folder."""
    [path] = folder.glob("*.json")
    return path


async def test_everything_that_is_known_of_a_picture_lies_beside_it(tmp_path: Path) -> None:
    facts = await beside(tmp_path, PAINTED)

    assert facts == snapshot(
        {
            "file": "2026-11-22-a-red-fox-im-mäntelchen-7kq2abcd-1.png",
            "sha256": "325f3ebcb3a8ed2f382a979c8067da42ba6b9c34a2f8873694be3b6e6c047d43",
            "resource": "kie://jobs/job_7kq2abcdefghij/outputs/0",
            "mime_type": "image/png",
            "bytes": 89,
            "width": 31,
            "height": 17,
            "duration_s": None,
            "kind": "image",
            "model": "google/nano-banana",
            "title": None,
            "prompt": """\
A "red" fox
im Mäntelchen 🦊\
""",
            "seed": None,
            "arguments": {
                "images": [
                    "https://files.example/a.png",
                    "HTTPS://files.example/b.png",
                    "kie://jobs/job_abc/outputs/0",
                    "file:///home/you/Pictures/c.png#sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                    "data:image/png#sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                    "data:image/png;base64",
                ],
                "aspect_ratio": "auto",
                "resolution": "",
                "output_format": "",
                "upscale": "",
                "copy_number": 1,
            },
            "job_id": "job_7kq2abcdefghij",
            "kie_task_id": "4daa00eb286212c09ae296c3167089f0",
            "credits": {"estimated": 4.0, "used": 3.5},
            "created_at": "2026-11-22T00:00:00Z",
            "finished_at": "2026-11-22T00:00:12Z",
            "sandbox": False,
        }
    )
    assert facts["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert "canary" not in str(facts)


async def test_a_text_and_a_seed_have_their_places(tmp_path: Path) -> None:
    spoken = await beside(tmp_path / "one", SPOKEN, wav(), sandbox=True)
    sung = await beside(tmp_path / "two", SUNG)

    assert (spoken["text"], "prompt" in spoken, spoken["arguments"]["voice"]) == ("Good morning!", False, "Sarah")
    assert (spoken["duration_s"], spoken["sandbox"], spoken["seed"]) == (0.5, True, None)
    assert (sung["seed"], sung["arguments"]["image"]) == (12, "https://a.example/a")


async def test_a_job_that_was_made_elsewhere_says_what_is_known(tmp_path: Path) -> None:
    facts = await beside(tmp_path, replace(JOB, finished_at=None))

    assert (facts["arguments"], facts["seed"], facts["finished_at"]) == ({}, None, None)


async def test_it_is_written_as_people_read_it_and_with_the_rights_of_any_file(tmp_path: Path) -> None:
    await beside(tmp_path, PAINTED)
    path = only(tmp_path)
    (tmp_path / "other").touch()

    assert "Mäntelchen 🦊" in path.read_text("utf-8")
    assert path.read_text("utf-8").count("\n") > 20
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


async def test_half_a_letter_does_not_cost_the_rest(tmp_path: Path) -> None:
    facts = await beside(tmp_path, replace(JOB, order={"prompt": "half \ud83e of a fox"}))
    assert facts["prompt"] == "half \ud83e of a fox"


async def test_nothing_lies_beside_a_file_if_nobody_asked(tmp_path: Path) -> None:
    await Shelf((LINK, whole(PNG))).saver(tmp_path).save(PAINTED, [LINK])
    assert len(names(tmp_path)) == 1


async def test_it_is_written_again_only_with_its_file(tmp_path: Path) -> None:
    (output,), _ = await saver(tmp_path).save(PAINTED, [LINK])
    path = only(tmp_path)
    before = path.read_bytes()
    path.unlink()
    known = replace(PAINTED, outputs=(output,))

    assert await saver(tmp_path).save(known, [LINK]) == ((output,), None)
    assert not path.exists()
    path.with_suffix("").unlink()
    assert await saver(tmp_path).save(known, [LINK]) == ((output,), None)
    assert path.read_bytes() == before


async def test_what_is_in_the_way_costs_the_sidecar_and_never_the_picture(tmp_path: Path) -> None:
    (tmp_path / "2026-11-22-image-7kq2abcd-1.png.json").mkdir()
    (output,), trouble = await saver(tmp_path).save(JOB, [LINK])

    assert (tmp_path / "2026-11-22-image-7kq2abcd-1.png").read_bytes() == PNG
    assert output.path == str(tmp_path / "2026-11-22-image-7kq2abcd-1.png")
    assert len(names(tmp_path)) == 2
    assert trouble == snapshot(
        Trouble(
            category="not_described",
            message="What is known of the saved files could not be written beside them: 2026-11-22-image-7kq2abcd-1.png.json (is a directory).",
            remedy="Free some space for KIE_OUTPUT_DIR or let it be written; it is not written again later.",
        )
    )


async def test_a_link_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "precious").write_bytes(b"mine")
    (folder / "2026-11-22-image-7kq2abcd-1.png.json").symlink_to(tmp_path / "precious")
    await beside(folder, JOB)

    assert (tmp_path / "precious").read_bytes() == b"mine"


async def test_a_file_that_was_not_saved_is_told_first(tmp_path: Path) -> None:
    """And has nothing beside it."""
    (tmp_path / "2026-11-22-image-7kq2abcd-1.png.json").mkdir()
    outputs, trouble = await saver(tmp_path).save(JOB, [LINK, "https://files.example/dead"])

    assert [output.path is None for output in outputs] == [False, True]
    assert told(trouble) == snapshot("""\
File 2 of 2 was not saved: its link has died, and Kie.ai gave no living one. What is known of the saved files could not be written beside them: 2026-11-22-image-7kq2abcd-1.png.json (is a directory).
Look for it at https://kie.ai/logs: Kie.ai keeps files for 14 days.\
""")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", False), (" ", False), ("true", True), ("TRUE", True), ("1", True), ("false", False), ("0", False)],
)
def test_it_is_asked_for_by_a_setting(text: str, expected: bool) -> None:
    assert Settings.from_environment({"KIE_SIDECAR": text}).sidecar is expected


def test_a_setting_that_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^KIE_SIDECAR: .+ \(given: 'please'\)$"):
        Settings.from_environment({"KIE_SIDECAR": "please"})


def test_only_what_the_disk_refused_is_called_a_lack_of_space() -> None:
    full = sidecar_trouble([(Path("a.png"), OSError(28, "No space left on device"))])
    ours = sidecar_trouble([(Path("a.png"), TypeError("canary"))])
    assert full
    assert "Free some space" in full.remedy
    assert ours
    assert "a.png.json (something unforeseen happened: TypeError)" in ours.message
    assert ours.remedy == "See the server's log; it is not written again later."
