"""Send the sandbox's files: whole or in part, or the refusal of a link that has expired."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from kie_mcp.sandbox.account.sandbox import Sandbox
from kie_mcp.sandbox.api.requests import parse_byte_range


async def send_file(request: Request) -> Response:
    """Send a file, or the range of its bytes that was asked for, if the link is open."""
    sandbox: Sandbox = request.app.state.sandbox
    path = request.path_params["path"]
    if not sandbox.files.is_open(path, request.url.query, sandbox.clock.now()):
        return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
    file = sandbox.files.find(path)
    if file is None:
        return Response("<Error><Code>NoSuchKey</Code></Error>", 404, media_type="application/xml")
    return _send_bytes(await file.read(sandbox.studio.executor), file.mime_type, request.headers.get("range"))


def _send_bytes(data: bytes, mime_type: str, asked: str | None) -> Response:
    size = len(data)
    headers = {"Accept-Ranges": "bytes"}
    try:
        part = parse_byte_range(asked, size)
    except ValueError:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    if part is None:
        return Response(data, 200, headers, mime_type)
    begin, end = part
    headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    return Response(data[begin:end], 206, headers, mime_type)
