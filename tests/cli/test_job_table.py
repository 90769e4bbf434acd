"""The table of `kie-mcp jobs`: what it shows in which width, with every word whole."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from inline_snapshot import snapshot
from rich.console import Console

from kie_mcp.cli.findings import Finding, Grade, format_finding
from kie_mcp.cli.job_table import build_table, format_age, format_lines, shorten
from kie_mcp.cli.terminal import wrap

NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)


def job(number: int, state: str, kind: str, title: str, at: str) -> dict[str, Any]:
    job_id = "job_" + str(number) * 26
    return {
        "job_id": job_id,
        "state": state,
        "kind": kind,
        "title": title,
        "model": "m",
        "created_at": at,
        "outputs": [],
    }


JOBS = [
    job(1, "running", "talking_video", "Hello! I am a fox, it is raining", "2026-11-27T11:59:15Z"),
    job(2, "unconfirmed", "image", "a well-known red fox in a raincoat, looking at me", "2026-11-27T10:10:00Z"),
    job(3, "succeeded", "speech", "Hello!", "2026-11-20T12:00:00Z"),
]


def draw(width: int) -> str:
    written = io.StringIO()
    Console(file=written, width=width, color_system=None).print(build_table(JOBS, width, NOW))
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


def test_in_80_columns_there_is_room_for_the_first_words() -> None:
    assert draw(80) == snapshot("""\
state        age   job                             what
running      45 s  job_11111111111111111111111111  talking video: Hello! I am …
unconfirmed  2 h   job_22222222222222222222222222  image: a well-known red fox …
succeeded    7 d   job_33333333333333333333333333  speech: Hello!\
""")


def test_in_60_columns_the_age_makes_room() -> None:
    assert draw(60) == snapshot("""\
state        job                             what
running      job_11111111111111111111111111  talking …
unconfirmed  job_22222222222222222222222222  image: a …
succeeded    job_33333333333333333333333333  speech: Hello!\
""")


@pytest.mark.parametrize("width", [50, 60, 80, 120, 200])
def test_no_line_is_too_long_and_every_id_is_whole(width: int) -> None:
    lines = draw(width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(any(one["job_id"] in line.split() for line in lines) for one in JOBS)


def test_in_a_pipe_there_is_a_line_for_each_job() -> None:
    assert [line.split()[2:5] for line in format_lines(JOBS)[1:]] == [
        [one["kind"], one["state"], one["job_id"]] for one in JOBS
    ]


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0 s"), (45, "45 s"), (600, "10 min"), (7200, "2 h"), (900_000, "10 d")]
)
def test_an_age_is_said_in_one_unit(seconds: float, words: str) -> None:
    assert format_age(seconds) == words


def test_a_text_is_shortened_between_its_words_only() -> None:
    assert shorten("a well-known red fox", 14) == "a well-known …"
    assert wrap("a well-known red fox", 8) == ["a", "well-known", "red fox"]


@pytest.mark.parametrize("width", [60, 80])
def test_a_finding_is_broken_between_its_words(width: int) -> None:
    found = Finding(
        Grade.PROBLEM, "API", "https://api.kie.ai is not reached directly: " + "no answer " * 9, "Check it.\nThen " * 3
    )
    lines = format_finding(found, width)
    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()).count("no answer") == 9
