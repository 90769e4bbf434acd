"""Find the links of a job's files in its record: in the known places, else wherever a link to a file stands."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from kie_mcp.catalog.model import OUTPUT_HOSTS
from kie_mcp.jobs.job import JSON
from kie_mcp.kie.envelope import parse_json
from kie_mcp.urls import is_web_link

PLACES = ("resultjson", "response", "result", "results", "info", "videoinfo", "output", "outputs")
"""Normalized names of the fields with the result."""
DEEPEST = 16
"""The most levels of nesting that are searched."""

_RESULT = re.compile(r"results?(?:image|video|audio|music|file|media)?(?:urls?|links?)")
_USUAL = frozenset({
    *("url", "urls", "link", "links", "imageurl", "imageurls", "videourl", "videourls", "audiourl", "audiourls"),
    *("fileurl", "fileurls", "mediaurl", "mediaurls", "downloadurl", "image", "images", "video", "videos"),
    *("audio", "audios", "file", "files", "media", "data", *PLACES),
})  # fmt: skip
_AT_ROOT = frozenset({"url", "urls", "imageurl", "videourl", "audiourl"})
# Repeated inputs, callback addresses, and preview pictures.
_NO_RESULT = re.compile(
    r"callback|webhook|param|input|request|(?<!re)source|origin|stream|thumb|cover|poster|preview|firstframe|lastframe"
)
_MEDIA = frozenset({
    *(".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".bmp", ".tif", ".tiff", ".svg", ".mp3", ".wav", ".m4a"),
    *(".aac", ".ogg", ".oga", ".opus", ".flac", ".aif", ".aiff", ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".mid"),
    *(".midi", ".zip"),
})  # fmt: skip
_HTTP = re.compile(r"https?:|^\s*//", re.IGNORECASE)
_JSON = re.compile(r"""[{\["]""")
_ENCODED = re.compile(r"https?%3a%2f%2f[^\s\"'<>\\,;|]+", re.IGNORECASE)
_AMPERSAND = re.compile(r"&(?:amp|#38|#x26);", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(r"^\s*(?=//[\w-]+(?:\.[\w-]+)+[:/])")
_BETWEEN = re.compile(r"[\s,;|]+(?=https?://)", re.IGNORECASE)
_LINK = re.compile(r"""https?://[^\s"'<>\\,;|]+""", re.IGNORECASE)
_BEHIND = ".:!?)]}"
_ROUND = " \t\r\n,;|\"'<>"

Leaf = tuple[tuple[str, ...], str]
"""The names above a text, and the text."""


def find_file_links(record: JSON) -> tuple[str, ...]:
    """Return the links of the record's files, in its order, each once."""
    leaves = list(_result_leaves(record))
    echoed = _input_links(record)
    ways: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _links_in_places(
            leaves, record, lambda path: any(map(_RESULT.fullmatch, path)) and _is_result_name(path[-1])
        ),
        lambda: _leave_out(_links_in_places(leaves, {}, lambda path: _is_result_name(path[-1])), echoed),
        lambda: _leave_out(_links_at_root(record), echoed),
        lambda: _leave_out((link for _, text in leaves for link in _media_links(text)), echoed),
    )
    return next((found for way in ways if (found := tuple(dict.fromkeys(way())))), ())


def find_all_links(record: JSON) -> tuple[str, ...]:
    """Return the links of files anywhere in the record of a success, except those of its inputs."""
    links = (link for _, text in _leaves(record, ("",)) for link in _media_links(text))
    return tuple(dict.fromkeys(_leave_out(links, _input_links(record))))


def list_results(record: JSON) -> Iterator[Any]:
    """Yield each result of the record, parsed as far as possible."""
    for name, value in record.items():
        if normalize_name(name) in PLACES and value not in (None, "", {}, []):
            yield parse_nested(value)


def parse_nested(value: object) -> Any:
    """Parse JSON in a text, also encoded twice, one value a line, or inside other words; else return the text."""
    for _ in range(4):
        if not isinstance(value, str):
            break
        found = _parse_json_in(value.strip())
        if not isinstance(found, str | list | dict) or found == value:
            break
        value = cast("object", found)
    return value


def is_link(value: object) -> bool:
    """Return whether it is an http or https URL with a host."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def normalize_name(name: str) -> str:
    """Return only the letters of a name, in lower case: Kie.ai spells the same name in several ways."""
    return re.sub(r"[^a-z]", "", name.casefold())


def _is_result_name(name: str) -> bool:
    return name in _USUAL or bool(_RESULT.fullmatch(name))


def _links_in_places(leaves: list[Leaf], record: JSON, fits: Callable[[tuple[str, ...]], bool]) -> Iterator[str]:
    """Yield the links in the places that *fits* accepts, and in result fields of the record itself."""
    for path, text in leaves:
        if fits(path):
            yield from _links(text)
    for name, value in record.items():
        if _RESULT.fullmatch(normalize_name(name)):
            yield from (
                link for path, text in _leaves(value, (normalize_name(name),)) if fits(path) for link in _links(text)
            )


def _input_links(record: JSON) -> frozenset[str]:
    return frozenset(_LINK.findall(_unescape(str(record.get("param") or ""))))


def _links_at_root(record: JSON) -> Iterator[str]:
    for name, value in record.items():
        if normalize_name(name) in _AT_ROOT:
            yield from (link for _, text in _leaves(value, (normalize_name(name),)) for link in _links(text))


def _leave_out(links: Iterator[str], echoed: frozenset[str]) -> Iterator[str]:
    return (link for link in links if link not in echoed)


def _result_leaves(record: JSON) -> Iterator[Leaf]:
    for name, value in record.items():
        if normalize_name(name) in PLACES:
            yield from _leaves(parse_nested(value), (normalize_name(name),))


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[Leaf]:
    """Yield each text inside, except under names that are no results."""
    if len(path) > DEEPEST:
        return
    value = parse_nested(value)
    if isinstance(value, str):
        if _HTTP.search(text := _unescape(value)):
            yield path, text
    elif isinstance(value, list):
        for one in cast("list[object]", value):
            yield from _leaves(one, (*path, path[-1]))
    elif isinstance(value, dict):
        content = cast("JSON", value)
        has_cover = _has_cover(content, path[-1])
        for name, one in content.items():
            word = normalize_name(name)
            if not _NO_RESULT.search(word) and not ("image" in word and has_cover):
                yield from _leaves(one, (*path, word))


def _has_cover(content: JSON, place: str) -> bool:
    """Return whether its pictures are only covers: music and some videos come with one that nobody ordered."""
    sounds = [one for name, one in content.items() if "audio" in normalize_name(name)]
    return any(sounds) or (place == "data" and bool(sounds)) or place == "videoinfo"


def _links(text: str) -> Iterator[str]:
    """Yield the links of a text that consists only of links."""
    for piece in _BETWEEN.split(text.strip(_ROUND)):
        if link := _as_link(piece.strip(_ROUND)):
            yield link


def _as_link(text: str) -> str | None:
    """Return the text as a link, with blanks in its path encoded, and without words behind it."""
    text = re.split(r"[\t\r\n]", text, maxsplit=1)[0]
    shorter = (text.rstrip(_BEHIND), text.partition(" ")[0].rstrip(_BEHIND))
    if not _is_media(text):
        text = next(filter(_is_media, shorter), text)
    link = text.replace(" ", "%20")
    return link if is_link(link) else None


def _media_links(text: str) -> Iterator[str]:
    """Yield the links of files anywhere in the text."""
    for found in _LINK.finditer(text):
        link = found[0].rstrip(_BEHIND)
        if is_link(link) and (_is_media(link) or urlsplit(link).hostname in OUTPUT_HOSTS):
            yield link


def _is_media(link: str) -> bool:
    try:
        return PurePosixPath(urlsplit(link).path).suffix.casefold() in _MEDIA
    except ValueError:
        return False


def _unescape(text: str) -> str:
    """Return the text with its links unescaped, however JSON, HTML or a query escaped them."""
    text = _AMPERSAND.sub("&", text.replace("\\/", "/"))
    return _WITHOUT_SCHEME.sub("https:", _ENCODED.sub(lambda found: unquote(found[0]), text))


def _parse_json_in(text: str) -> Any:
    """Return the JSON in a text; the text itself if there is none."""
    if not _JSON.search(text):
        return text
    try:
        return parse_json(text)
    except ValueError:
        start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
        if start < 0 or is_web_link(text):
            return text
    found: list[Any] = []
    with suppress(ValueError, RecursionError):
        while text[start : start + 1] in {"{", "["}:
            value, end = json.JSONDecoder().raw_decode(text, start)
            found.append(value)
            start = end + len(text[end:]) - len(text[end:].lstrip(" \t\r\n,;"))
    return found[0] if len(found) == 1 else found or text
