"""Make the ASGI app: routes from Kie.ai's paths to the sandbox, and its answers as HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from kie_mcp.sandbox.account.sandbox import Sandbox
from kie_mcp.sandbox.account.scenarios import SCENARIOS
from kie_mcp.sandbox.api import answers, discovery, legacy, uploads
from kie_mcp.sandbox.api.answers import Answer
from kie_mcp.sandbox.api.files import send_file
from kie_mcp.sandbox.api.index_page import render_page
from kie_mcp.sandbox.api.requests import has_key, read_json, read_json_object
from kie_mcp.sandbox.studio.media_makers import MediaMakers

DROP = "kie.sandbox.drop"
"""The ASGI extension by which a host lets the app close the connection without an answer."""

Upload = Callable[[Sandbox, Request, str], Awaitable[Answer]]


class SandboxApp(Starlette):
    """A Starlette app that adds a header to every answer, by which clients recognize a sandbox."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, and add the header X-Kie-Sandbox to the answer."""

        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"x-kie-sandbox", b"1")]}
            await send(message)

        await super().__call__(scope, receive, send_with_header)


def create_app(
    *,
    speed: float = 1.0,
    credits: float = 1000.0,  # noqa: A002  # the account's word
    scenario: str | None = None,
    seed: int = 0,
    webhook_key: str | None = None,
    clock: Callable[[], float] = time.monotonic,
    base_url: str | None = None,
    makers: MediaMakers | None = None,
) -> SandboxApp:
    """Make the ASGI app of a new sandbox; its `state.sandbox` is the `Sandbox`.

    Args:
        speed: How many times faster than Kie.ai tasks run; the rate limit and links are not faster.
        credits: The account's balance.
        scenario: Names of `scenarios.SCENARIOS` for every task, separated by commas.
        seed: Decides task ids, durations and pictures; the same seed makes the same ones.
        webhook_key: The key that signs callbacks; None sends them unsigned.
        clock: Returns seconds that only go forward.
        base_url: What links to files begin with; by default the address that the request came to.
        makers: What makes the files; by default they are drawn, spoken and filmed.
    """
    sandbox = Sandbox(
        speed=speed,
        credits=credits,
        scenario=scenario,
        seed=seed,
        webhook_key=webhook_key,
        clock=clock,
        base_url=base_url,
        makers=makers or MediaMakers(),
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        yield
        await sandbox.close()

    app = SandboxApp(routes=_list_routes(), lifespan=lifespan, exception_handlers={404: _answer_not_found})
    app.state.sandbox = sandbox
    return app


def _list_routes() -> list[Route]:
    return [
        Route("/", _show_page),
        Route("/sandbox/scenarios", _list_scenarios),
        Route("/api/v1/jobs/createTask", _require_key(_create_task), methods=["POST"]),
        Route("/api/v1/jobs/recordInfo", _require_key(_answer_record_info)),
        Route("/api/v1/chat/credit", _require_key(_answer_credit)),
        Route("/api/v1/common/download-url", _require_key(_answer_download_url), methods=["POST"]),
        Route("/api/file-stream-upload", _require_key(_answer_upload(uploads.upload_stream)), methods=["POST"]),
        Route("/api/file-base64-upload", _require_key(_answer_upload(uploads.upload_base64)), methods=["POST"]),
        Route("/api/file-url-upload", _require_key(_answer_upload(uploads.upload_from_url)), methods=["POST"]),
        Route("/api/v1/models", _require_key(_answer_discovery)),
        *(
            Route(f"/api/v1/models/{{model:path}}/{about}", _require_key(_answer_discovery))
            for about in discovery.ABOUT
        ),
        Route("/v1/images/generate", _require_key(_generate_picture, legacy.NO_ACCESS), methods=["POST"]),
        Route("/v1/infinitetalk/generate", _require_key(_generate_film, legacy.NO_ACCESS), methods=["POST"]),
        Route("/files/{path:path}", send_file),
    ]


Handler = Callable[[Request], Awaitable[Response]]


def _require_key(handler: Handler, refusal: Answer = answers.NO_ACCESS) -> Handler:
    async def handle_with_key(request: Request) -> Response:
        if not has_key(request):
            return _make_response(refusal)
        return await handler(request)

    return handle_with_key


def _get_sandbox(request: Request) -> Sandbox:
    return request.app.state.sandbox


def _get_base_url(request: Request) -> str:
    return _get_sandbox(request).files.find_base_url(str(request.base_url))


def _make_response(answer: Answer) -> Response:
    if isinstance(answer.body, str):
        return Response(answer.body, answer.status, dict(answer.headers))
    # Unlike JSONResponse this can send halves of surrogate pairs, which an input that is sent back may hold.
    text = json.dumps(answer.body, separators=(",", ":"))
    return Response(text, answer.status, dict(answer.headers), media_type="application/json")


async def _create_task(request: Request) -> Response:
    return await _respond(request, await _get_sandbox(request).create(await read_json(request), _get_base_url(request)))


async def _generate_picture(request: Request) -> Response:
    return await _respond(
        request, await legacy.generate_picture(_get_sandbox(request), request, _get_base_url(request))
    )


async def _generate_film(request: Request) -> Response:
    return await _respond(request, await legacy.generate_film(_get_sandbox(request), request, _get_base_url(request)))


async def _respond(request: Request, answer: Answer | None) -> Response:
    """Send an answer; close the connection if there is none."""
    if answer is not None:
        return _make_response(answer)
    drop: Callable[[], Awaitable[None]] | None = request.scope.get("extensions", {}).get(DROP)
    if drop is None:
        raise ConnectionResetError("the sandbox drops this connection without an answer")
    await drop()
    return Response()


async def _answer_record_info(request: Request) -> Response:
    _get_base_url(request)
    return _make_response(_get_sandbox(request).look(request.query_params.get("taskId")))


async def _answer_discovery(request: Request) -> Response:
    return _make_response(discovery.answer_discovery(_get_sandbox(request), request))


async def _answer_credit(request: Request) -> Response:
    return _make_response(answers.success_answer(_get_sandbox(request).credits))


async def _answer_download_url(request: Request) -> Response:
    base = _get_base_url(request)
    return _make_response(_get_sandbox(request).make_link((await read_json_object(request)).get("url"), base))


def _answer_upload(way: Upload) -> Handler:
    async def handler(request: Request) -> Response:
        return _make_response(await way(_get_sandbox(request), request, _get_base_url(request)))

    return handler


async def _show_page(request: Request) -> Response:
    return HTMLResponse(render_page(_get_sandbox(request)))


async def _list_scenarios(request: Request) -> Response:
    del request
    return _make_response(Answer(dict(SCENARIOS)))


async def _answer_not_found(request: Request, error: Exception) -> Response:
    del error
    msg = f"Not Found: {request.url.path}"
    body: dict[str, Any] = {"code": 404, "msg": msg, "data": None}
    return _make_response(Answer(body, status=404))
