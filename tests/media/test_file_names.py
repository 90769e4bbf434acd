"""A saved file is called by what was asked for, in a way that every file system takes."""

import os
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kie_mcp.jobs.job import Job, Output
from kie_mcp.media.outputs.atomic_file import AtomicFile
from kie_mcp.media.outputs.file_names import file_stem, hyphenated_words
from kie_mcp.orders.kind import Kind
from tests.support.download_links import JOB, LINK, PNG, Shelf, names, whole

pytestmark = pytest.mark.anyio

FOX = replace(JOB, order={"kind": "image", "model": "m", "prompt": "A red fox in a coat", "images": []})
DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³")}


def job(kind: Kind, **order: Any) -> Job:
    return replace(JOB, kind=kind, order=order)


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (FOX, "2026-11-22-a-red-fox-in-a-coat-7kq2abcd-1"),
        (job(Kind.SPEECH, text="Good morning, Ada!"), "2026-11-22-good-morning-ada-7kq2abcd-1"),
        (job(Kind.TALKING_VIDEO, prompt="She smiles."), "2026-11-22-she-smiles-7kq2abcd-1"),
        (job(Kind.TALKING_VIDEO, prompt=""), "2026-11-22-talking-video-7kq2abcd-1"),
        (
            job(Kind.TALKING_VIDEO, prompt="A person looks into the camera and speaks."),  # what nobody said
            "2026-11-22-talking-video-7kq2abcd-1",
        ),
        (job(Kind.IMAGE, prompt="🦊"), "2026-11-22-image-7kq2abcd-1"),
        (job(Kind.IMAGE, prompt=["a fox"]), "2026-11-22-image-7kq2abcd-1"),
        (job(Kind.OTHER), "2026-11-22-other-7kq2abcd-1"),
    ],
)
def test_a_name_has_words_of_the_order_or_says_the_kind(made: Job, name: str) -> None:
    assert file_stem(made, 0) == name
    assert file_stem(made, 11) == f"{name[:-1]}12"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \t\n", ""),
        ("CON", "con"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Windows\\system32", "c-windows-system32"),
        (".hidden", "hidden"),
        ("-rf *", "rf"),
        ("the end. ", "the-end"),
        ('50% off: "best" <deal> | now?', "50-off-best-deal-now"),
        ("Ein Füchslein, größer als 3 m", "ein-füchslein-größer-als-3-m"),
        ("Cafe\u0301", "café"),
        ("\u0301cafe", "cafe"),
        ("ΣΟΦΊΑ И ЛИСА", "σοφία-и-лиса"),
        ("赤いコートのキツネ", "赤いコートのキツネ"),
        ("नमस्ते दुनिया", "नमस्ते-दुनिया"),
        ("ثعلب أحمر", "ثعلب-أحمر"),
        ("٣ foxes", "٣-foxes"),
        ("safe\u202egnp.exe", "safe-gnp-exe"),
        ("a\u200bb\u2060c\ufeffd\u00ade", "a-b-c-d-e"),
        ("fox\ufe0f\U000e0041", "fox"),
        ("\u3164\u115f", ""),
        ("\x1b[31mred\x00\x7f", "31mred"),
        ("half \ud83e of a fox", "half-of-a-fox"),
        ("the quick brown fox jumps over the lazy dog", "the-quick-brown-fox-jumps-over-the-lazy"),
        ("x" * 80, "x" * 40),
        ("wow " + "木" * 80, "wow-" + "木" * 25),
        ("a" + "\u0302\u0301" * 100, ""),
        ("🦊" * 2000 + "fox", ""),
    ],
)
def test_words_are_letters_and_digits_of_every_script_and_single_hyphens(text: str, expected: str) -> None:
    assert hyphenated_words(text) == unicodedata.normalize("NFC", expected)


def fits_everywhere(name: str) -> bool:
    """Whether Windows, macOS and Linux take a name, also on a disk with encrypted names."""
    return not (
        re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
        or name[0] in ".- "
        or name[-1] in ". "
        or name.partition(".")[0].upper() in DEVICES
        or any(unicodedata.category(one) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"} for one in name)
        or len(name.encode()) > 143
    )


SCRIPTS = st.text(st.characters(), max_size=300)
ROUGH = st.lists(
    st.sampled_from(
        [
            "fox",
            " ",
            "-",
            "..",
            "/",
            "con",
            "\u202e",
            "\u200d",
            "\u0301",
            "\u3164",
            "각",
            "é",
            "木",
            "\U0001f98a",
            "\0",
            "İ",
        ]
    ),
    max_size=120,
).map("".join)


@given(SCRIPTS | ROUGH, st.integers(0, 999), st.sampled_from([".png", ".weba"]))
@example("\U00010331" * 60, 999, ".weba")
@example("각" * 60, 0, ".png")
def test_any_prompt_gives_a_name_that_every_file_system_takes(
    tmp_path_factory: pytest.TempPathFactory, text: str, index: int, extension: str
) -> None:
    """It is made for real, with the sidecar beside it and the parts that both begin as."""
    name = file_stem(job(Kind.IMAGE, prompt=text), index) + extension
    said = hyphenated_words(text)
    folder = tmp_path_factory.getbasetemp() / "names"
    parts = [AtomicFile(folder, name.removesuffix(extension)), AtomicFile(folder, name)]

    assert all(map(fits_everywhere, (name, f"{name}.json")))
    # A part is hidden, so it begins with a dot; for the rest it is held to the same.
    assert all(fits_everywhere(part.path.name[1:]) and len(part.path.name.encode()) <= 143 for part in parts)
    assert unicodedata.is_normalized("NFC", name)
    assert name.endswith(f"-7kq2abcd-{index + 1}{extension}")
    assert (len(said) <= 40, len(said.encode()) <= 80, "--" in said, said.strip("-")) == (True, True, False, said)
    for part, ending in zip(parts, (extension, ".json"), strict=True):
        part.create()
        part.flush_and_close()
        path = part.publish(ending)
        assert path in folder.iterdir()
        path.unlink()


@given(SCRIPTS, SCRIPTS)
def test_two_jobs_never_share_a_name(one: str, other: str) -> None:
    """Not where case does not count either."""
    first, second = job(Kind.IMAGE, prompt=one), replace(job(Kind.IMAGE, prompt=other), id="job_8kq2abcdefghij")
    assert file_stem(first, 0).casefold() != file_stem(second, 0).casefold()


async def test_a_file_that_is_saved_again_keeps_its_name(tmp_path: Path) -> None:
    """Also one that an older version has named, and in another folder too."""
    shelf = Shelf((LINK, whole(PNG)))
    gone = Output(url=LINK, path=str(tmp_path / "old" / "2026-11-22-image-7kq2abcd-1.png"))
    outputs, trouble = await shelf.saver(tmp_path).save(replace(FOX, outputs=(gone,)), [LINK])

    assert trouble is None
    assert names(tmp_path) == ["2026-11-22-image-7kq2abcd-1.png"]
    assert outputs[0].path == str(tmp_path / names(tmp_path)[0])


async def test_a_first_save_is_called_by_the_prompt(tmp_path: Path) -> None:
    await Shelf((LINK, whole(PNG))).saver(tmp_path).save(FOX, [LINK])
    assert names(tmp_path) == ["2026-11-22-a-red-fox-in-a-coat-7kq2abcd-1.png"]


async def test_a_part_with_odd_letters_in_its_name_is_cleared_away_too(tmp_path: Path) -> None:
    """The name of a file that is saved again is what the ledger says, whatever that is."""
    left = tmp_path / ".[fox].0123456789abcdef.part"
    left.touch()
    os.utime(left, (0, 0))
    gone = Output(url=LINK, path=str(tmp_path / "[fox].png"))
    await Shelf((LINK, whole(PNG))).saver(tmp_path).save(replace(FOX, outputs=(gone,)), [LINK])

    assert names(tmp_path) == ["[fox].png"]
