"""Answer the three calls that upload a file."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile
from starlette.requests import Request

from kie_mcp.sandbox.account.file_store import File
from kie_mcp.sandbox.account.sandbox import Sandbox
from kie_mcp.sandbox.api.answers import Answer
from kie_mcp.sandbox.api.requests import read_json_object
from kie_mcp.sandbox.studio import audio_files, speech
from kie_mcp.sandbox.studio.inputs import DEFAULT_PERSON, DEFAULT_SPEECH, draw_png

BASE64_BYTES = 10 * 1024 * 1024
"""The most bytes of an upload in base64, after decoding."""

_MAGIC = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
)


async def upload_stream(sandbox: Sandbox, request: Request, base: str) -> Answer:
    """Answer file-stream-upload, a multipart form: file, uploadPath, fileName."""
    async with request.form() as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            return _refuse("file is required")
        fields = {key: form.get(key) for key in ("uploadPath", "fileName")}
        return _store(sandbox, await file.read(), fields, base, file.content_type)


async def upload_base64(sandbox: Sandbox, request: Request, base: str) -> Answer:
    """Answer file-base64-upload, a JSON body: base64Data (raw or a data URL), uploadPath, fileName."""
    fields = await read_json_object(request)
    head, comma, tail = str(fields.get("base64Data") or "").partition(",")
    try:
        data = base64.b64decode(tail if comma else head, validate=True)
    except (binascii.Error, ValueError):
        return _refuse("base64Data is not valid base64")
    if not data or len(data) > BASE64_BYTES:
        return _refuse("base64Data is required" if not data else "The file is larger than 10 MB")
    declared = head.removeprefix("data:").split(";")[0] if comma else None
    return _store(sandbox, data, fields, base, declared)


async def upload_from_url(sandbox: Sandbox, request: Request, base: str) -> Answer:
    """Answer file-url-upload, a JSON body: fileUrl, uploadPath, fileName.

    A URL elsewhere is not fetched; a file made here is stored in its place.
    """
    fields = await read_json_object(request)
    url = fields.get("fileUrl")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return _refuse("fileUrl is required")
    path = sandbox.files.path_of_own(url)
    if path is None:
        return _store(sandbox, *await _make_stand_in(sandbox, url, fields), base, None)
    file = sandbox.files.find(path)
    if file is None:
        return _refuse("The file could not be downloaded")
    return _store(sandbox, await file.read(sandbox.studio.executor), fields, base, file.mime_type)


async def _make_stand_in(sandbox: Sandbox, url: str, fields: Mapping[str, Any]) -> tuple[bytes, Mapping[str, Any]]:
    guessed = mimetypes.guess_type(urlsplit(url).path)[0] or ""
    if guessed.startswith("audio/"):
        return await sandbox.studio.run_in_thread(
            lambda: audio_files.encode(speech.synthesize(DEFAULT_SPEECH, url))
        ), fields
    return await sandbox.studio.run_in_thread(lambda: draw_png(DEFAULT_PERSON)), fields


def _store(sandbox: Sandbox, data: bytes, fields: Mapping[str, Any], base: str, declared: str | None) -> Answer:
    folder = str(fields.get("uploadPath") or "").strip("/")
    name = str(fields.get("fileName") or "") or sandbox.files.random_name()
    if not folder:
        return _refuse("uploadPath is required")
    path = f"user-uploads/{folder}/{name}"
    if "\\" in path or any(part in ("", ".", "..") for part in path.split("/")):
        return _refuse("uploadPath or fileName is not a plain path")
    mime_type = _mime_type_of(data) or declared or mimetypes.guess_type(name)[0] or "application/octet-stream"
    url = sandbox.files.put(path, File(mime_type, lambda: data), base)
    uploaded = datetime.fromtimestamp(sandbox.clock.wall(sandbox.clock.now()), UTC)
    facts = {
        "fileName": name,
        "filePath": path,
        "downloadUrl": url,
        "fileSize": len(data),
        "mimeType": mime_type,
        "uploadedAt": uploaded.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return Answer({"success": True, "code": 200, "msg": "File uploaded successfully", "data": facts})


def _mime_type_of(data: bytes) -> str | None:
    if data[:4] == b"RIFF":
        return {b"WAVE": "audio/wav", b"WEBP": "image/webp"}.get(data[8:12])
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def _refuse(msg: str) -> Answer:
    return Answer({"success": False, "code": 400, "msg": msg, "data": None})
