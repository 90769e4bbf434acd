"""The sandbox's files: three ways in, links that die, and how they are served."""

from __future__ import annotations

import base64

import httpx
import pytest

from tests.support.sandbox_client import IMAGE, SandboxClient, service

pytestmark = pytest.mark.anyio


async def upload(kie: SandboxClient, way: str) -> httpx.Response:
    """Upload three bytes, one way or another."""
    if way == "stream":
        fields = {"uploadPath": "images/mine", "fileName": "a b.png"}
        return await kie.http.post(
            "/api/file-stream-upload", data=fields, files={"file": ("x.png", b"abc", "image/png")}
        )
    fields = {"uploadPath": "images/mine", "fileName": "a b.png"}
    if way == "base64":
        fields["base64Data"] = "data:image/png;base64," + base64.b64encode(b"abc").decode()
        return await kie.http.post("/api/file-base64-upload", json=fields)
    fields["fileUrl"] = (await upload(kie, "stream")).json()["data"]["downloadUrl"]
    return await kie.http.post("/api/file-url-upload", json=fields)


@pytest.mark.parametrize("way", ["stream", "base64", "url"])
async def test_each_way_of_uploading_gives_a_link_to_the_same_bytes(way: str) -> None:
    async with service() as kie:
        body = (await upload(kie, way)).json()
        data = body["data"]
        assert await kie.file(data["downloadUrl"]) == b"abc"
    assert (body["success"], body["code"], body["msg"]) == (True, 200, "File uploaded successfully")
    assert data.keys() == {"fileName", "filePath", "downloadUrl", "fileSize", "mimeType", "uploadedAt"}
    assert (data["fileName"], data["fileSize"], data["mimeType"]) == ("a b.png", 3, "image/png")


async def test_an_upload_without_a_path_is_refused() -> None:
    async with service() as kie:
        answer = await kie.http.post("/api/file-base64-upload", json={"base64Data": "YWJj"})
        climbing = {"base64Data": "YWJj", "uploadPath": "../etc"}
        other = await kie.http.post("/api/file-base64-upload", json=climbing)
    assert (answer.json()["code"], other.json()["code"]) == (400, 400)


async def test_a_download_link_is_a_bare_url_that_dies_after_20_minutes() -> None:
    async with service() as kie:
        url = await kie.made(IMAGE, prompt="a banana")
        minted = await kie.renew(url)
        assert minted.keys() == {"code", "msg", "data"}
        assert await kie.file(minted["data"]) == await kie.file(url)
        kie.pass_time(20 * 60 + 1)
        assert (await kie.http.get(minted["data"])).status_code == 403


async def test_a_download_link_for_a_foreign_url_is_refused() -> None:
    async with service() as kie:
        body = await kie.renew("https://example.com/x.png")
    assert body == {"code": 422, "msg": "Invalid URL (External file URLs are not supported)", "data": None}


async def test_files_answer_head_and_ranges() -> None:
    async with service() as kie:
        url = await kie.made(IMAGE, prompt="a banana")
        whole = await kie.http.get(url)
        head = await kie.http.head(url)
        part = await kie.http.get(url, headers={"Range": "bytes=0-7"})
        beyond = await kie.http.get(url, headers={"Range": "bytes=99999999-"})
    assert whole.headers["content-type"] == "image/png"
    assert (head.content, head.headers["content-length"]) == (b"", str(len(whole.content)))
    assert (part.status_code, part.content) == (206, b"\x89PNG\r\n\x1a\n")
    assert part.headers["content-range"] == f"bytes 0-7/{len(whole.content)}"
    assert beyond.status_code == 416
