"""`kie-mcp gallery`: one page of all that was made, made from the ledger and the saved files alone."""

import json
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from kie_mcp.cli.gallery.command import GalleryOptions, make_gallery
from kie_mcp.errors import OutputError
from kie_mcp.jobs.job import Job, Output, Phase
from kie_mcp.jobs.store.store_url import open_store, sqlite_url
from kie_mcp.orders.kind import Kind
from kie_mcp.settings import Settings
from tests.support.every_state import job as make_job
from tests.support.media_files import film, picture, sound
from tests.support.sandbox_server import settings as make_settings

pytestmark = pytest.mark.anyio

MARKUP = '"><script>alert(1)</script>'
FACE, VOICE, FILM = ("job_" + letter * 26 for letter in "abc")


class Page(HTMLParser):
    """What is in a page: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, attribute: str) -> list[str | None]:
        """What that attribute of these elements says."""
        return [attributes[attribute] for name, attributes in self.elements if name == tag and attribute in attributes]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


def made(settings: Settings, job_id: str, kind: Kind, name: str, content: bytes, mime: str, **more: Any) -> Job:
    """A finished job with its saved file."""
    settings.output_dir.mkdir(exist_ok=True)
    path = settings.output_dir / name
    path.write_bytes(content)
    output = Output(url="https://tempfile.aiquickdraw.com/a", path=str(path), mime_type=mime, bytes=len(content))
    given: dict[str, Any] = {"account": settings.account, "kind": kind, "outputs": (output,), "credits_used": 4.0}
    finished = make_job(Phase.SUCCEEDED, **(given | more))
    return replace(finished, id=job_id, task_id=job_id, fingerprint=job_id)


async def remember(settings: Settings, *jobs: Job) -> None:
    """Write jobs into the ledger."""
    ledger = open_store(sqlite_url(settings.ledger_path))
    await ledger.open()
    try:
        for one in jobs:
            await ledger.adopt(one, "worker")
    finally:
        await ledger.close()


async def make(settings: Settings, **wishes: Any) -> Page:
    """The page that is made."""
    given: dict[str, Any] = {"out": None, "limit": 1000, "as_json": False, "open_page": None}
    assert await make_gallery(settings, GalleryOptions(**(given | wishes))) == 0
    return Page((wishes.get("out") or settings.output_dir / "gallery.html").read_text("utf-8"))


async def test_each_file_has_its_words_its_model_its_price_and_a_picture_in_the_page(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    speech: dict[str, Any] = {"order": {"kind": "speech", "text": "Mind the stairs."}, "credits_used": 1.5}
    video: dict[str, Any] = {
        "order": {"kind": "talking_video", "audio": f"kie://jobs/{VOICE}/outputs/0", "prompt": "calm"}
    }
    await remember(
        settings,
        made(settings, FACE, Kind.IMAGE, "a #1.png", picture(), "image/png"),
        made(settings, VOICE, Kind.SPEECH, "b.mp3", sound("mp3", "libmp3lame"), "audio/mpeg", **speech),
        made(settings, FILM, Kind.TALKING_VIDEO, "c.mp4", film(size=(64, 48)), "video/mp4", **video),
        replace(make_job(Phase.FAILED, account=settings.account), id="job_failed", fingerprint="failed"),
    )
    opened: list[str] = []

    def open_page(url: str) -> bool:
        opened.append(url)
        return True

    page = await make(settings, open_page=open_page)

    assert opened == [(settings.output_dir / "gallery.html").as_uri()]
    assert capsys.readouterr().out == f"{settings.output_dir / 'gallery.html'}\n"
    assert page.text.count("Mind the stairs.") == 2, "of a video, what is said in it"
    assert "Nano Banana · 4 credits ($0.02)" in page.text
    assert "3 files, 9.5 credits ($0.05)" in page.text
    assert page.all("li", "data-family").count("image") == 1
    small = [*page.all("img", "src"), *page.all("video", "poster")]
    assert len(small) == 2
    assert all(one and one.startswith("data:image/jpeg;base64,") for one in small)
    assert (settings.output_dir / "a #1.png").as_uri() in page.all("a", "href")
    [csp] = [one for one in page.all("meta", "content") if one and "default-src" in one]
    assert csp
    assert "http" not in csp


async def test_what_others_have_written_stays_text(settings: Settings) -> None:
    order = {"kind": "image", "prompt": MARKUP + "\u202e\x1b[31mred"}
    job = made(settings, FACE, Kind.IMAGE, "a.png", b"no picture", "image/png", order=order, model=MARKUP)
    await remember(settings, job)
    page = await make(settings)

    assert MARKUP in page.text
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert not re.search("[\u202e\x1b]", page.text)


async def test_a_file_that_is_gone_is_named_and_nothing_leads_to_it(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await remember(settings, made(settings, FACE, Kind.IMAGE, "a.png", picture(), "image/png"))
    (settings.output_dir / "a.png").unlink()
    page = await make(settings)

    assert "The file is not there any more." in page.text
    assert "a.png" in page.text
    assert page.all("a", "href") == []
    assert "1 of 1 files" in capsys.readouterr().err


async def test_without_a_file_no_page_is_written(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    wishes = GalleryOptions(out=None, limit=1, as_json=True, open_page=None)
    assert await make_gallery(settings, wishes) == 0
    assert json.loads(capsys.readouterr().out) == {"path": None, "files": 0, "missing": 0}
    assert not (settings.output_dir / "gallery.html").exists()


async def test_only_a_page_of_its_own_is_replaced(settings: Settings, tmp_path: Path) -> None:
    await remember(settings, made(settings, FACE, Kind.IMAGE, "a.png", picture(), "image/png"))
    mine = tmp_path / "mine.html"
    mine.write_text("<p>written by hand</p>", "utf-8")
    with pytest.raises(OutputError, match=r"is there already, and is no gallery"):
        await make(settings, out=mine)
    assert mine.read_text("utf-8") == "<p>written by hand</p>"

    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OutputError, match="it is no ordinary file"):
        await make(settings, out=tmp_path / "fifo")

    await make(settings, out=tmp_path / "new.html")
    assert "a.png" in (await make(settings, out=tmp_path / "new.html")).all("a", "title")


async def test_a_small_picture_that_an_earlier_page_has_is_not_drawn_again(settings: Settings) -> None:
    await remember(settings, made(settings, FACE, Kind.IMAGE, "a.png", picture(), "image/png"))
    page = await make(settings)
    path = settings.output_dir / "gallery.html"
    path.write_text(path.read_text("utf-8").replace(str(page.all("img", "src")[0]), "data:image/jpeg;base64,MINE"))

    assert (await make(settings)).all("img", "src") == ["data:image/jpeg;base64,MINE"]


async def test_only_the_newest_jobs_are_in_it_and_it_says_how_to_get_more(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await remember(
        settings,
        made(settings, FACE, Kind.IMAGE, "a.png", picture(), "image/png"),
        made(settings, VOICE, Kind.IMAGE, "b.png", picture(), "image/png"),
    )

    page = await make(settings, limit=1)

    note = "Only the newest jobs, 1; --limit 5 has more."
    assert note in page.text
    assert note in capsys.readouterr().err
    assert len(page.all("li", "data-family")) == 1
    assert note not in (await make(settings, limit=2)).text
