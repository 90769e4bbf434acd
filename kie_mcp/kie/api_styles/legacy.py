"""Write the specification's legacy calls: a form that is answered with a picture, and a call for talking videos."""

from collections.abc import Mapping
from typing import cast

from kie_mcp.errors import OrderError
from kie_mcp.jobs.job import Request
from kie_mcp.kie.api_styles.create_call import CreateCall, FormField, dump_json
from kie_mcp.kie.api_styles.jobs import write_job_call
from kie_mcp.kie.api_styles.specification import FILMS, PICTURES, check_choice, check_inputs, leave_style
from kie_mcp.kie.picture_files import find_picture_type
from kie_mcp.kie.responses import read_picture
from kie_mcp.orders.order import split_style

PICTURE, FILM = "/v1/images/generate", "/v1/infinitetalk/generate"
_MODEL = "nanobanana"
_ORIENTATIONS: Mapping[str, str] = {"9:16": "vertical", "16:9": "horizontal", "1:1": "", "auto": ""}
"""The orientation of each ratio; empty means that none is sent."""
_FORMATS = ("png",)
"""The call has no choice of format: this one is the default of orders, and is left out."""


class LegacyStyle:
    """The legacy calls for the specification's two models; all others are ordered by the jobs API."""

    def check(self, request: Request) -> None:
        """Raise OrderError for what the legacy calls do not take."""
        check_inputs(request, "legacy")
        if request.model not in PICTURES:
            return
        for name, allowed in (("aspect_ratio", _ORIENTATIONS), ("output_format", _FORMATS)):
            if (value := request.input.get(name)) is not None:
                check_choice(value, allowed, argument=name, style="legacy")
        _check_reference(request)

    def file_links(self, request: Request) -> tuple[str, ...]:
        """Return the link of the reference picture, if there is one."""
        return _reference_links(request) if request.model in PICTURES else ()

    def write(self, request: Request, callback_url: str | None) -> CreateCall:
        """Write the call. The legacy ones have no callback."""
        if request.model in PICTURES:
            return CreateCall(path=PICTURE, form=_write_form(request), read=read_picture, answers_with_file=True)
        if request.model in FILMS:
            return CreateCall(path=FILM, json=dump_json(request.input))
        return write_job_call(request.model, request.input, callback_url)


def _reference_links(request: Request) -> tuple[str, ...]:
    given = request.input.get("image_urls") or ()
    return tuple(map(str, cast("list[object]", given))) if isinstance(given, list | tuple) else (str(given),)


def _check_reference(request: Request) -> None:
    """Raise OrderError for a second picture, and for one that would have to be fetched from where a caller says."""
    links = _reference_links(request)
    if len(links) > 1:
        problem = f"{len(links)} given; the specification's call takes at most 1."
        raise OrderError(problem, argument="image_urls", remedy=f"Leave some out, or {leave_style('legacy')}")
    if not request.own_links.issuperset(links):
        problem = "a link was given, and the specification's call takes a file; no such link is fetched from here."
        remedy = "Give the picture as a local path, a data URI, or kie://jobs/{job_id}/outputs/{n}; or "
        raise OrderError(problem, argument="image_urls", remedy=remedy + leave_style("legacy"))


def _write_form(request: Request) -> tuple[FormField, ...]:
    prompt, style = split_style(str(request.input.get("prompt", "")))
    orientation = _ORIENTATIONS.get(request.input.get("aspect_ratio", ""), "")
    words = {"prompt": prompt, "orientation": orientation, "style": style, "model": _MODEL}
    pictures = [_write_file(request.contents[link]) for link in _reference_links(request)]
    return (*((name, (None, value.encode(), None)) for name, value in words.items() if value), *pictures)


def _write_file(picture: bytes) -> FormField:
    mime_type = find_picture_type(picture)
    return "image", (f"reference.{mime_type.removeprefix('image/')}", picture, mime_type)
