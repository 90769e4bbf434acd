"""Each style of the API against each example of the specification: the request on the wire, and its answer."""

# ruff: noqa: E501 (whole sentences)

import asyncio
import gzip
import io
import json
from collections.abc import Callable
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

import httpx
import pytest
from inline_snapshot import snapshot
from PIL import Image

from kie_mcp.errors import (
    BusyError,
    CredentialError,
    CreditError,
    KieError,
    NotCreatedError,
    OrderError,
    RefusedError,
    UnconfirmedError,
)
from kie_mcp.jobs.job import Request, Verdict
from kie_mcp.kie.api_styles.styles import STYLES, StyleName
from kie_mcp.kie.client import KieClient
from kie_mcp.kie.http_call_types import Patience
from kie_mcp.kie.picture_files import find_picture_type
from kie_mcp.sandbox import create_app, serve
from tests.support.faulty_host import closes, faulty_host, hangs, resets, response, says
from tests.support.plain_media import PlainMedia

pytestmark = pytest.mark.anyio

KEY = "canary0123456789canary0123456789"
BANANA = Request(
    "google/nano-banana",
    {"prompt": "A golden banana floating in space with stars", "aspect_ratio": "1:1", "output_format": "png"},
)
AVATAR: dict[str, Any] = {
    "image_url": "https://example.com/avatar.jpg",
    "audio_url": "https://example.com/voiceover.mp3",
    "prompt": "A person speaking naturally",
    "resolution": "480p",
}
TALKING = Request("infinitalk/from-audio", AVATAR)
SPEECH = Request("elevenlabs/text-to-speech-turbo-2-5", {"text": "Hello"})
UPLOADED = "https://tempfile.redpandaai.co/kie-mcp/reference.jpg"
OFFICE = "Professional person in modern office, blue blazer, natural lighting"
TASK = "4daa00eb286212c09ae296c3167089f0"
CREATED = {"code": 0, "msg": "success", "data": {"taskId": TASK}}
PICTURE = {
    "success": True,
    "image_url": "https://storage.kie.ai/generated/abc123.jpg",
    "metadata": {"width": 512, "height": 768, "model": "nanobanana", "generation_time_ms": 2500},
}
TASK_CALLS: tuple[tuple[StyleName, Request], ...] = (
    *(("seed", request) for request in (BANANA, TALKING, SPEECH)),
    *(("legacy", request) for request in (TALKING, SPEECH)),
)


def jpeg(size: int = 8) -> bytes:
    """A small picture."""
    target = io.BytesIO()
    Image.new("RGB", (size, size), (10, 80, 90)).save(target, "JPEG")
    return target.getvalue()


def office(**changes: Any) -> Request:
    """The specification's legacy example: a reference that was uploaded, and a picture in portrait format."""
    given = {"prompt": OFFICE, "image_urls": [UPLOADED], "aspect_ratio": "9:16", "output_format": "png"}
    return Request("google/nano-banana-edit", given | changes, own_links=frozenset({UPLOADED}))


class Host:
    """Kie.ai, which gives one answer to each create call, and the host of its files."""

    def __init__(self, answer: object, *, status: int = 200, file: httpx.Response | None = None) -> None:
        self.sent: list[httpx.Request] = []
        self.fetched: list[httpx.Request] = []
        self._answer = answer
        self._status = status
        self._file = file or httpx.Response(200, content=jpeg())

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "api.kie.ai":
            self.fetched.append(request)
            return self._file
        self.sent.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        if isinstance(self._answer, bytes):
            return httpx.Response(self._status, content=self._answer)
        return httpx.Response(self._status, json=self._answer)

    @property
    def only(self) -> httpx.Request:
        """The one request that was sent to the API."""
        [sent] = self.sent
        return sent


def client(style: StyleName, handler: Callable[[httpx.Request], httpx.Response], **options: Any) -> KieClient:
    return KieClient(KEY, transport=httpx.MockTransport(handler), api_style=style, **options)


def read_form(request: httpx.Request) -> dict[str, tuple[str | None, str, bytes]]:
    """The fields of a multipart form in their order: file name, type and content, as another library reads them."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    fields: dict[str, tuple[str | None, str, bytes]] = {}
    form: Any = message_from_bytes(head + request.content, policy=HTTP)
    for part in form.iter_parts():
        name = part["content-disposition"].params["name"]
        typed = part.get_content_type() if part["content-type"] else ""
        fields[name] = (part.get_filename(), typed, part.get_payload(decode=True))
    return fields


def words(fields: dict[str, tuple[str | None, str, bytes]]) -> dict[str, str]:
    """The fields that are no files."""
    assert all(typed == "" for file, typed, _ in fields.values() if file is None)
    return {name: content.decode() for name, (file, _, content) in fields.items() if file is None}


async def test_the_specifications_picture_is_ordered_by_the_jobs_api_as_in_its_example() -> None:
    host = Host(CREATED)
    async with client("seed", host) as kie:
        assert await kie.create(BANANA) == TASK
    assert (host.only.method, str(host.only.url)) == ("POST", "https://api.kie.ai/api/v1/jobs/createTask")
    assert host.only.headers["authorization"] == f"Bearer {KEY}"
    assert host.only.headers["content-type"] == "application/json"
    assert json.loads(host.only.content) == {
        "model": "nano-banana",
        "input": {
            "prompt": "A golden banana floating in space with stars",
            "output_format": "PNG",
            "image_size": "1:1",
        },
    }


@pytest.mark.parametrize(
    "prompt", ["A person speaking naturally", "A person speaking naturally with expressive facial movements"]
)
async def test_the_specifications_talking_video_is_ordered_by_the_jobs_api_as_in_its_examples(prompt: str) -> None:
    host = Host(CREATED)
    async with client("seed", host) as kie:
        assert await kie.create(Request("infinitalk/from-audio", AVATAR | {"prompt": prompt})) == TASK
    assert (host.only.method, str(host.only.url)) == ("POST", "https://api.kie.ai/api/v1/jobs/createTask")
    assert json.loads(host.only.content) == {"model": "infinitalk", "input": AVATAR | {"prompt": prompt}}


async def test_a_job_is_looked_at_and_its_progress_and_its_end_are_read_as_in_the_examples() -> None:
    processing = {"code": 0, "msg": "success", "data": {"taskId": TASK, "status": "processing", "progress": 45}}
    video = "https://tempfile.aiquickdraw.com/workers/video_xxx.mp4"
    picture = "https://tempfile.aiquickdraw.com/workers/nano/image_xxx.png"
    for style in STYLES:
        host = Host(processing)
        async with client(style, host) as kie:
            look = await kie.look(TASK)
        assert (look.verdict, look.state, look.progress) == (Verdict.IN_FLIGHT, "processing", 0.45)
        assert (host.only.method, str(host.only.url)) == (
            "GET",
            f"https://api.kie.ai/api/v1/jobs/recordInfo?taskId={TASK}",
        )
        for name, url in (("video_url", video), ("image_url", picture)):
            record = {"taskId": TASK, "status": "completed", "output": {name: url}}
            completed = {"code": 0, "msg": "success", "data": record}
            async with client(style, Host(completed)) as kie:
                look = await kie.look(TASK)
            assert (look.verdict, look.urls) == (Verdict.SUCCEEDED, (url,))


async def test_the_legacy_picture_is_ordered_with_its_reference_as_a_file_as_in_the_example() -> None:
    host = Host(PICTURE)
    async with client("legacy", host) as kie:
        assert await kie.create(office()) == "https://storage.kie.ai/generated/abc123.jpg"
    assert (host.only.method, str(host.only.url)) == ("POST", "https://api.kie.ai/v1/images/generate")
    assert host.only.headers["authorization"] == f"Bearer {KEY}"
    assert host.only.headers["content-type"].startswith("multipart/form-data; boundary=")
    fields = read_form(host.only)
    assert fields["image"] == ("reference.jpeg", "image/jpeg", jpeg())
    assert words(fields) == {"prompt": OFFICE, "orientation": "vertical", "model": "nanobanana"}
    assert [str(request.url) for request in host.fetched] == [UPLOADED]
    assert "authorization" not in host.fetched[0].headers


async def test_the_legacy_talking_video_is_ordered_with_the_fields_of_the_specification() -> None:
    host = Host(CREATED)
    async with client("legacy", host, callback_url="https://example.com/done") as kie:
        assert await kie.create(TALKING) == TASK
    assert (host.only.method, str(host.only.url)) == ("POST", "https://api.kie.ai/v1/infinitetalk/generate")
    assert host.only.headers["content-type"] == "application/json"
    assert json.loads(host.only.content) == AVATAR


@pytest.mark.parametrize(
    ("ratio", "orientation"),
    [("9:16", "vertical"), ("16:9", "horizontal"), ("1:1", None), ("auto", None), (None, None)],
)
async def test_the_ratio_of_a_legacy_picture_becomes_its_orientation(
    ratio: str | None, orientation: str | None
) -> None:
    host = Host(PICTURE)
    given = {"prompt": "a fox"} | ({"aspect_ratio": ratio} if ratio else {})
    async with client("legacy", host) as kie:
        await kie.create(Request("google/nano-banana", given))
    expected = {"prompt": "a fox", "model": "nanobanana"} | ({"orientation": orientation} if orientation else {})
    assert words(read_form(host.only)) == expected


async def test_a_style_that_was_ordered_is_a_field_of_the_legacy_picture() -> None:
    host = Host(PICTURE)
    async with client("legacy", host) as kie:
        await kie.create(Request("google/nano-banana", {"prompt": "a fox\n\nStyle: photorealistic"}))
    assert words(read_form(host.only)) == {"prompt": "a fox", "style": "photorealistic", "model": "nanobanana"}


@pytest.mark.parametrize("style", STYLES)
async def test_what_the_specification_does_not_know_is_ordered_as_it_is_live(style: StyleName) -> None:
    host = Host({"code": 200, "msg": "success", "data": {"taskId": TASK}})
    given = {"prompt": "a fox", "aspect_ratio": "1:8", "output_format": "jpg", "resolution": "4K"}
    request = Request("nano-banana-2", given)
    async with client(style, host) as kie:
        for one in (SPEECH, request):
            assert await kie.create(one) == TASK
    assert [str(sent.url) for sent in host.sent] == ["https://api.kie.ai/api/v1/jobs/createTask"] * 2
    assert [json.loads(sent.content) for sent in host.sent] == [
        {"model": one.model, "input": one.input} for one in (SPEECH, request)
    ]


@pytest.mark.parametrize(
    ("style", "request_"), [("jobs", BANANA), ("seed", BANANA), ("seed", TALKING), ("legacy", SPEECH)]
)
async def test_a_callback_is_asked_for_with_each_create_call_of_the_jobs_api(
    style: StyleName, request_: Request
) -> None:
    host = Host(CREATED)
    async with client(style, host, callback_url="https://example.com/done") as kie:
        await kie.create(request_)
        await kie.create(request_, callback_url="https://example.com/other")
    assert [json.loads(sent.content)["callBackUrl"] for sent in host.sent] == [
        "https://example.com/done",
        "https://example.com/other",
    ]


@pytest.mark.parametrize(
    ("style", "model", "given", "argument"),
    [
        ("seed", "google/nano-banana", {"prompt": "x", "resolution": "4K"}, "resolution"),
        ("seed", "google/nano-banana", {"prompt": "x", "output_format": "webp"}, "output_format"),
        ("seed", "infinitalk/from-audio", AVATAR | {"mask_url": "https://example.com/m.png"}, "mask_url"),
        ("legacy", "google/nano-banana", {"prompt": "x", "nsfw_checker": True}, "nsfw_checker"),
        ("legacy", "google/nano-banana", {"prompt": "x", "aspect_ratio": "3:4"}, "aspect_ratio"),
        ("legacy", "google/nano-banana", {"prompt": "x", "output_format": "jpeg"}, "output_format"),
        ("legacy", "google/nano-banana-edit", {"prompt": "x", "image_urls": [UPLOADED] * 2}, "image_urls"),
        (
            "legacy",
            "google/nano-banana-edit",
            {"prompt": "x", "image_urls": ["https://example.com/a.png"]},
            "image_urls",
        ),
        ("legacy", "google/nano-banana-edit", {"prompt": "x", "image_urls": "http://169.254.169.254/"}, "image_urls"),
        ("legacy", "infinitalk/from-audio", AVATAR | {"aspect_ratio": "1:1"}, "aspect_ratio"),
    ],
)
async def test_what_a_style_cannot_say_is_refused_before_anything_is_sent(
    style: StyleName, model: str, given: dict[str, Any], argument: str
) -> None:
    host = Host(PICTURE)
    request = Request(model, given, own_links=frozenset({UPLOADED}))
    async with client(style, host) as kie:
        for refuse in (kie.create, kie.load_files):
            with pytest.raises(OrderError) as caught:
                await refuse(request)
            assert caught.value.argument == argument
            assert style in caught.value.remedy
        with pytest.raises(OrderError):
            kie.check_request(request)
    assert host.sent + host.fetched == []


async def test_a_refusal_says_what_is_allowed_and_what_to_do() -> None:
    said: dict[str, str] = {}
    async with client("legacy", Host(PICTURE)) as kie:
        for changes in ({"aspect_ratio": "3:4"}, {"image_urls": ["https://example.com/a.png"]}, {"seed": 7}):
            with pytest.raises(OrderError) as caught:
                await kie.create(office(**changes))
            said[caught.value.argument] = f"{caught.value.problem} {caught.value.remedy}"
    assert said == snapshot(
        {
            "aspect_ratio": "'3:4' cannot be asked for by the specification; 9:16, 16:9, 1:1, auto can. Use one of them, or have the user unset KIE_API_STYLE, which is legacy, and restart the client.",
            "image_urls": "a link was given, and the specification's call takes a file; no such link is fetched from here. Give the picture as a local path, a data URI, or kie://jobs/{job_id}/outputs/{n}; or have the user unset KIE_API_STYLE, which is legacy, and restart the client.",
            "seed": "the specification's model has no such input; it has prompt, aspect_ratio, output_format, image_urls. Leave it out, or have the user unset KIE_API_STYLE, which is legacy, and restart the client.",
        }
    )


@pytest.mark.parametrize(("style", "name"), [("seed", "output_format"), ("legacy", "aspect_ratio")])
@pytest.mark.parametrize("value", [["png"], {"png": 1}, 5, True])
def test_a_choice_that_is_no_text_is_refused_like_an_unknown_one(style: StyleName, name: str, value: object) -> None:
    with pytest.raises(OrderError, match="cannot be asked for by the specification"):
        STYLES[style].check(Request("google/nano-banana", {"prompt": "x", name: value}))


def test_an_unknown_style_is_refused_with_the_known_ones() -> None:
    with pytest.raises(OrderError, match=r"^api_style: 'spec' is no style of the API\.$") as caught:
        KieClient(KEY, api_style="spec")  # pyright: ignore[reportArgumentType]
    assert caught.value.remedy == "Use jobs or seed or legacy."


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        (httpx.Response(200, content=b"\xff\xd8\xff" + bytes(10 * 1024 * 1024)), OrderError),
        (httpx.Response(200, content=b"<html>gone</html>"), OrderError),
        (httpx.Response(200, content=gzip.compress(jpeg()), headers={"Content-Encoding": "gzip"}), NotCreatedError),
        (httpx.Response(206, content=jpeg()), NotCreatedError),
        (httpx.Response(200, content=jpeg(), headers={"Content-Length": "99999"}), NotCreatedError),
        (httpx.Response(404), NotCreatedError),
        (httpx.Response(302, headers={"Location": "https://127.0.0.1/secret"}), NotCreatedError),
    ],
    ids=["too large", "no picture", "encoded", "a part", "cut", "gone", "leads inside"],
)
async def test_a_reference_that_cannot_be_had_whole_sends_nothing(file: httpx.Response, kind: type[KieError]) -> None:
    host = Host(PICTURE, file=file)
    async with client("legacy", host) as kie:
        with pytest.raises(kind):
            await kie.create(office())
    assert host.sent == []


async def test_a_reference_is_fetched_once_if_it_was_loaded_before() -> None:
    host = Host(PICTURE)
    async with client("legacy", host) as kie:
        loaded = await kie.load_files(office())
        assert (loaded.input, loaded.contents) == (office().input, {UPLOADED: jpeg()})
        await kie.create(loaded)
    assert len(host.fetched) == 1


@pytest.mark.parametrize(
    ("picture", "name"),
    [(b"\x89PNG\r\n\x1a\n", "reference.png"), (b"RIFF\0\0\0\0WEBP", "reference.webp"), (jpeg(), "reference.jpeg")],
    ids=["png", "webp", "jpeg"],
)
async def test_a_reference_is_named_after_what_it_is(picture: bytes, name: str) -> None:
    host = Host(PICTURE, file=httpx.Response(200, content=picture))
    async with client("legacy", host) as kie:
        await kie.create(office())
    assert read_form(host.only)["image"] == (name, f"image/{name.partition('.')[2]}", picture)


@pytest.mark.parametrize("style", STYLES)
async def test_a_picture_that_is_made_is_looked_at_in_every_style_without_asking(style: StyleName) -> None:
    """So a job that was ordered in one style is followed after the style was changed."""
    host = Host(CREATED)
    async with client(style, host) as kie:
        look = await kie.look("https://storage.kie.ai/generated/abc123.jpg")
    assert (look.verdict, look.urls) == (Verdict.SUCCEEDED, ("https://storage.kie.ai/generated/abc123.jpg",))
    assert host.sent + host.fetched == []


WORDS = {
    400: "Invalid request parameters",
    401: "Invalid or missing API key",
    402: "Insufficient credits",
    429: "Rate limit exceeded",
    500: "Internal server error",
}
CODES: dict[int, type[KieError]] = {
    400: RefusedError,
    401: CredentialError,
    402: CreditError,
    429: BusyError,
    500: UnconfirmedError,
}
"""The specification's table of codes, and what each says of an order."""


@pytest.mark.parametrize(("code", "kind"), CODES.items())
@pytest.mark.parametrize(("style", "request_"), [*TASK_CALLS, ("legacy", BANANA)])
async def test_each_code_of_the_specification_is_read_as_what_it_says(
    style: StyleName, request_: Request, code: int, kind: type[KieError]
) -> None:
    plain = {"code": code, "msg": WORDS[code]}
    for status in (200, code):
        for body in (plain, plain | {"success": False, "url": "https://kie.ai/x"}):
            host = Host(body, status=status)
            async with client(style, host) as kie:
                with pytest.raises(kind):
                    await kie.create(request_)
            assert len(host.sent) == 1


@pytest.mark.parametrize(
    ("answer", "status", "kind"),
    [
        ({"success": False, "msg": "The prompt was flagged"}, 200, RefusedError),
        ({"success": False, "error": {"message": "no"}}, 400, RefusedError),
        ({"success": False}, 402, CreditError),
        ({"success": False}, 500, UnconfirmedError),
        ({"success": False, "code": 500, "msg": "prompt is required"}, 200, RefusedError),
        ({"success": True}, 200, UnconfirmedError),
        ({"success": True, "image_url": None}, 200, UnconfirmedError),
        ({"success": True, "image_url": "generated/abc123.jpg"}, 200, UnconfirmedError),
        ({"success": True, "image_url": "javascript:alert(1)"}, 200, UnconfirmedError),
        ({}, 200, UnconfirmedError),
        (b"", 200, UnconfirmedError),
        (b"<html>502 Bad Gateway</html>", 502, UnconfirmedError),
        (b'{"success":true,"image_url":"', 200, UnconfirmedError),
        ([PICTURE["image_url"]], 200, UnconfirmedError),
    ],
)
async def test_an_answer_without_a_picture_is_a_refusal_if_it_says_so_else_unconfirmed(
    answer: object, status: int, kind: type[KieError]
) -> None:
    host = Host(answer, status=status)
    async with client("legacy", host) as kie:
        with pytest.raises(kind) as caught:
            await kie.create(BANANA)
    assert type(caught.value) is kind
    assert len(host.sent) == 1


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"success": True, "data": {"image_url": "https://a.example/1.png"}}, "https://a.example/1.png"),
        ({"success": False, "image_url": "https://a.example/1.png"}, "https://a.example/1.png"),
        ({"code": 500, "msg": "timeout", "image_url": "https://a.example/1.png"}, "https://a.example/1.png"),
        ({"image_url": "https://a.example/1.png"}, "https://a.example/1.png"),
        ({"success": True, "images": ["https://a.example/1.png"]}, "https://a.example/1.png"),
        ({"code": 200, "data": {"resultUrls": ["https://a.example/1.png"]}}, "https://a.example/1.png"),
        (CREATED, TASK),
    ],
)
async def test_a_picture_or_an_id_that_an_answer_holds_in_another_way_is_not_lost(answer: object, found: str) -> None:
    async with client("legacy", Host(answer)) as kie:
        assert await kie.create(BANANA) == found


LOST = [
    pytest.param(hangs, id="no answer"),
    pytest.param(resets, id="reset"),
    pytest.param(closes, id="closed"),
    pytest.param(says(b"garbage\r\n\r\n"), id="no http"),
    pytest.param(says(response(json.dumps(PICTURE).encode()[:-9], length=999)), id="cut"),
    pytest.param(says(response(b"<html>", status="502 Bad Gateway")), id="gateway"),
]


@pytest.mark.parametrize("behave", LOST)
@pytest.mark.parametrize(("style", "request_"), [*TASK_CALLS, ("legacy", BANANA)])
async def test_a_lost_answer_is_unconfirmed_in_every_style_and_sent_once(
    style: StyleName, request_: Request, behave: Any
) -> None:
    short = Patience(connect=0.3, step=0.3, create=0.4, create_with_file=0.4)
    async with faulty_host(behave) as host:
        kie = KieClient(KEY, base_url=host.url, upload_base_url=host.url, patience=short, api_style=style)
        async with kie:
            with pytest.raises(UnconfirmedError):
                await kie.create(request_)
        assert host.connections == 1


@pytest.mark.parametrize("style", STYLES)
async def test_a_picture_and_an_edited_one_are_made_over_real_http_in_each_style(style: StyleName) -> None:
    async with (
        serve(create_app(speed=1000, makers=PlainMedia())) as url,
        KieClient(KEY, base_url=url, upload_base_url=url, api_style=style) as kie,
    ):
        uploaded = await kie.upload(jpeg(64), name="fox.jpeg")
        edit = {"prompt": "a hat", "image_urls": [uploaded], "aspect_ratio": "auto"}
        for request in (BANANA, Request("google/nano-banana-edit", edit, own_links=frozenset({uploaded}))):
            task_id = await kie.create(request)
            if style != "legacy":
                await asyncio.sleep(0.5)
            look = await kie.look(task_id)
            assert look.verdict is Verdict.SUCCEEDED
            async with kie.fetch(look.urls[0]) as file:
                assert find_picture_type(b"".join([chunk async for chunk in file.chunks]))
        assert await kie.credit() == 1000 - 2 * 4


@pytest.mark.parametrize("scenario", ["reset", "502-after", "no-id"])
@pytest.mark.parametrize(("style", "request_"), [("jobs", BANANA), ("seed", BANANA), ("legacy", BANANA)])
async def test_an_answer_that_is_lost_over_real_http_leaves_one_job_that_was_charged(
    style: StyleName, request_: Request, scenario: str
) -> None:
    if (style, scenario) == ("legacy", "no-id"):
        scenario = "empty"  # it is answered without a picture
    async with (
        serve(create_app(scenario=scenario, makers=PlainMedia())) as url,
        KieClient(KEY, base_url=url, upload_base_url=url, api_style=style) as kie,
    ):
        with pytest.raises(UnconfirmedError):
            await kie.create(request_)
        assert await kie.credit() == 1000 - 4


async def test_a_picture_is_waited_for_longer_than_an_id() -> None:
    assert Patience().create_with_file >= 10 * Patience().create

    async def takes_its_time(_: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4)
        await says(response(json.dumps(PICTURE | CREATED).encode()))(_, writer)

    patience = Patience(create=0.2, create_with_file=20)
    async with (
        faulty_host(takes_its_time) as host,
        KieClient(KEY, base_url=host.url, patience=patience, api_style="legacy") as kie,
    ):
        assert await kie.create(BANANA) == PICTURE["image_url"]
        with pytest.raises(UnconfirmedError):
            await kie.create(TALKING)
