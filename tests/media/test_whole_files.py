"""A paid file that has come whole is saved as it came, with a note on what is odd about it."""

# ruff: noqa: E501 (whole sentences)

import json
import zlib
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from kie_mcp.errors import DeadLinkError, OutputError, RefusedError, TransientError
from kie_mcp.jobs.draft import Expectation
from kie_mcp.jobs.job import Output, Phase
from kie_mcp.media.outputs.saver import OutputSaver
from kie_mcp.orders.kind import Kind
from kie_mcp.surface.answers.build import build_result, describe_job
from tests.support.download_links import JOB, LINK, MADE, NAME, PNG, Answer, Hand, Shelf, failure, told, whole
from tests.support.media_files import film, picture

pytestmark = pytest.mark.anyio

FRESH = LINK + "&renewed=1"
TORN = PNG[:33] + b"\x7f" + PNG[34:]
BENT = PNG[:-1] + bytes([PNG[-1] ^ 1])


def announced(data: bytes, **headers: str) -> Shelf:
    """A link whose answer says how long the file is."""
    return Shelf((LINK, whole(data)), headers={"content-length": str(len(data))} | headers)


async def saved(shelf: Shelf, folder: Path, kind: Kind = Kind.IMAGE) -> Output:
    (output,), trouble = await shelf.saver(folder).save(replace(JOB, kind=kind), [LINK])
    assert trouble is None
    assert output.path is not None
    return output


def read(output: Output) -> bytes:
    return Path(output.path or "").read_bytes()


@pytest.mark.parametrize("encoding", ["aws-chunked", "UTF-8", "identity, aws-chunked", "utf-8,,", "binary", "none"])
async def test_an_encoding_that_is_no_compression_changes_nothing(tmp_path: Path, encoding: str) -> None:
    output = await saved(Shelf((LINK, whole(PNG)), headers={"content-encoding": encoding}), tmp_path)
    assert read(output) == PNG
    assert "called it encoded" in output.note


@pytest.mark.parametrize("encoding", ["gzip", "X-GZIP", "br", "deflate", "zstd", "compress", "aws-chunked, gzip"])
async def test_a_compression_is_refused_whatever_stands_beside_it(tmp_path: Path, encoding: str) -> None:
    shelf = Shelf((LINK, whole(zlib.compress(PNG))), headers={"content-encoding": encoding})
    assert "came encoded" in await failure(shelf, tmp_path)


@pytest.mark.parametrize(
    ("kind", "data", "name", "words"),
    [
        (Kind.IMAGE, TORN, "-image-7kq2abcd-1.png", "a PNG picture that is damaged or cut off"),
        (Kind.IMAGE, BENT, "-image-7kq2abcd-1.png", "a PNG picture whose checksum is wrong"),
        (Kind.IMAGE, picture("gif"), "-image-7kq2abcd-1.gif", "a GIF picture instead of"),
        (Kind.IMAGE, b"\0\1\2 a kind of later days", "-image-7kq2abcd-1.bin", "something unknown instead of"),
        (Kind.SPEECH, film(), "-speech-7kq2abcd-1.mp4", "an MP4 video instead of audio"),
        (Kind.TALKING_VIDEO, film()[:400], "-talking-video-7kq2abcd-1.mp4", "an MP4 video that is damaged"),
    ],
)
@pytest.mark.parametrize("framed", [False, True])
async def test_what_came_whole_is_kept_though_it_is_odd(
    tmp_path: Path, kind: Kind, data: bytes, name: str, words: str, framed: bool
) -> None:
    shelf = Shelf((LINK, whole(data)), headers={"transfer-encoding": "chunked"}) if framed else announced(data)
    output = await saved(shelf, tmp_path, kind)
    assert output.path == str(tmp_path / f"2026-11-22{name}")
    assert read(output) == data
    assert words in output.note


@pytest.mark.parametrize("data", [b"<html>Sorry</html>", b'{"code": 404}', b"<?xml version='1.0'?>", b"gone", b""])
async def test_words_in_place_of_a_file_are_refused_also_when_they_are_whole(tmp_path: Path, data: bytes) -> None:
    assert "instead of a PNG" in await failure(announced(data), tmp_path)


async def test_a_cut_off_file_without_a_length_may_be_had_whole_the_next_time(tmp_path: Path) -> None:
    assert "damaged" in await failure(Shelf((LINK, whole(PNG[:-20]))), tmp_path)


@pytest.mark.parametrize("data", [PNG[:-20], picture("jpeg")[:-20], picture("webp")[:-2]])
async def test_a_picture_whose_end_is_missing_is_not_kept_though_all_that_was_announced_came(
    tmp_path: Path, data: bytes
) -> None:
    assert "damaged or cut off" in await failure(announced(data), tmp_path)


async def test_what_is_odd_reaches_the_answer_in_words_and_in_fields_and_the_file_beside(tmp_path: Path) -> None:
    shelf = announced(PNG, **{"content-encoding": "UTF-8"})
    saver = OutputSaver(tmp_path, shelf.fetch, shelf.renew, Hand(), sidecar=True)
    outputs, trouble = await saver.save(JOB, [LINK])
    assert trouble is None
    facts = describe_job(replace(JOB, phase=Phase.SUCCEEDED, outputs=outputs), Expectation(), MADE + 20)
    given = build_result(JOB, facts)
    note = outputs[0].note
    assert note == snapshot("Its host called it encoded ('utf-8'); it is saved as it came.")
    assert facts.as_json()["outputs"][0]["note"] == note
    assert f"about the file: {note}" in str(given.content[0])
    assert json.loads((tmp_path / f"{NAME}.json").read_text())["note"] == note


class Late(Shelf):
    """Files that are there some seconds later, and not before."""

    def __init__(self, after: float, status: int, *, fresh: bool = False, refuses: bool = False) -> None:
        super().__init__((FRESH if fresh else LINK, whole(PNG)))
        self.hand = Hand()
        self._there = self.hand.time + after
        self._status = status
        self._refuses = refuses

    def fetch(self, url: str) -> AbstractAsyncContextManager[Answer]:
        """Answer as a host does that has the file only later."""
        given = super().fetch(url)

        @asynccontextmanager
        async def opened() -> AsyncGenerator[Answer]:
            if url not in self.bodies or self.hand.time < self._there:
                self.fetched.append(url)
                raise DeadLinkError("not there", status=self._status)
            async with given as answer:
                yield answer

        return opened()

    async def renew(self, url: str) -> str:
        """Give another link, or refuse."""
        if self._refuses:
            raise RefusedError("not ours")
        return await super().renew(url)


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("more", [{}, {"fresh": True}, {"refuses": True}])
@pytest.mark.parametrize("after", [0.5, 5, 40])
async def test_a_file_that_is_not_there_yet_is_waited_for(
    tmp_path: Path, status: int, more: dict[str, Any], after: float
) -> None:
    late = Late(after, status, **more)
    outputs, trouble = await late.saver(tmp_path, late.hand).save(JOB, [LINK])
    assert trouble is None
    assert read(outputs[0]) == PNG


async def test_a_link_that_does_not_open_for_a_minute_is_told_with_what_its_host_said(tmp_path: Path) -> None:
    late = Late(1e9, 404)
    _, trouble = await late.saver(tmp_path, late.hand).save(JOB, [LINK])
    assert told(trouble) == snapshot("""\
File 1 of 1 was not saved: its host has no file under the link (HTTP 404), also a minute later, and another of Kie.ai's does no better.
Ask again in some minutes with get_job_status. Look for it at https://kie.ai/logs: Kie.ai keeps files for 14 days.\
""")
    assert late.hand.time == MADE + 20 + 60
    refused = Late(1e9, 403, refuses=True)
    _, trouble = await refused.saver(tmp_path, refused.hand).save(JOB, [LINK])
    assert "refuses the link (HTTP 403), also a minute later, and Kie.ai gave no other" in told(trouble)


@pytest.mark.parametrize(("status", "age"), [(410, 0.0), (404, 86_400.0), (403, 86_400.0)])
async def test_a_link_that_has_died_is_not_waited_for(tmp_path: Path, status: int, age: float) -> None:
    late = Late(1e9, status)
    late.hand.time += age
    began = late.hand.time
    _, trouble = await late.saver(tmp_path, late.hand).save(JOB, [LINK])
    assert f"its link has died (HTTP {status})" in told(trouble)
    assert late.hand.time == began


class Stumbling(Shelf):
    """A host that stumbles so many times."""

    def __init__(self, times: int, error: OutputError) -> None:
        super().__init__((LINK, whole(PNG)))
        self._left = times
        self._error = error

    def fetch(self, url: str) -> AbstractAsyncContextManager[Answer]:
        """Answer, or raise."""
        if self._left:
            self._left -= 1
            raise self._error
        return super().fetch(url)


@pytest.mark.parametrize("times", [1, 3])
async def test_a_host_that_stumbles_is_asked_again_at_once(tmp_path: Path, times: int) -> None:
    hand, shelf = Hand(), Stumbling(times, TransientError("The file's host answered HTTP 503."))
    [output], trouble = await shelf.saver(tmp_path, hand).save(JOB, [LINK])
    assert trouble is None
    assert read(output) == PNG
    assert hand.time <= MADE + 20 + 7


@pytest.mark.parametrize(
    ("error", "seconds"), [(TransientError("answered HTTP 500"), 7), (OutputError("answered HTTP 500"), 0)]
)
async def test_an_answer_that_is_no_dead_link_is_not_waited_for_long(
    tmp_path: Path, error: OutputError, seconds: float
) -> None:
    hand = Hand()
    _, trouble = await Stumbling(99, error).saver(tmp_path, hand).save(JOB, [LINK])
    assert "HTTP 500" in told(trouble)
    assert hand.time == MADE + 20 + seconds


async def test_a_file_that_breaks_off_is_fetched_again_and_what_was_thrown_away_does_not_count(tmp_path: Path) -> None:
    class Breaking(Shelf):
        def fetch(self, url: str) -> AbstractAsyncContextManager[Answer]:
            self.bodies[url] = whole(PNG if len(self.fetched) == 3 else PNG[:-1])
            return super().fetch(url)

    shelf, hand = Breaking(headers={"content-length": str(len(PNG))}), Hand()
    saver = OutputSaver(tmp_path, shelf.fetch, shelf.renew, hand, totals={Kind.IMAGE: len(PNG)}, sleep=hand.sleep)
    [output], trouble = await saver.save(JOB, [LINK])
    assert trouble is None
    assert read(output) == PNG
    assert len(shelf.fetched) == 4


async def test_what_is_called_compressed_and_is_not_is_kept(tmp_path: Path) -> None:
    output = await saved(Shelf((LINK, whole(PNG)), headers={"content-encoding": "gzip"}), tmp_path)
    assert read(output) == PNG
    assert "called it encoded ('gzip')" in output.note


async def test_all_of_a_file_is_all_of_it_though_it_is_called_a_part(tmp_path: Path) -> None:
    span = {"content-range": f"bytes 0-{len(PNG) - 1}/{len(PNG)}"}
    output = await saved(Shelf((LINK, whole(PNG)), status=206, headers=span), tmp_path)
    assert (read(output), output.note) == (PNG, "")


SVG = b'<?xml version="1.0"?>\n<!-- made -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(("kind", "note"), [(Kind.IMAGE, "an SVG picture instead of"), (Kind.OTHER, "")])
@pytest.mark.parametrize("data", [SVG, SVG.partition(b"-->")[2], b"<svg>x</svg>"])
async def test_a_drawing_is_a_picture_and_no_words_of_the_host(
    tmp_path: Path, kind: Kind, note: str, data: bytes
) -> None:
    output = await saved(announced(data), tmp_path, kind)
    assert (output.path or "").endswith(".svg")
    assert read(output) == data
    assert note in output.note
