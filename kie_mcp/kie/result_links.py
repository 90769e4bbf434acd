"""Where a record names the files of its job: in the places that are known, else wherever a link of a file stands."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from kie_mcp.catalog.models import OUTPUT_HOSTS
from kie_mcp.jobs.job import JSON
from kie_mcp.kie.envelope import parse_json
from kie_mcp.urls import is_web_link

PLACES = ("resultjson", "response", "result", "results", "info", "videoinfo", "output", "outputs")
"""Where a record tells of its result, by names in small letters alone."""
DEEPEST = 16
"""Levels of nesting that are looked into."""

_RESULT = re.compile(r"results?(?:image|video|audio|music|file|media)?(?:urls?|links?)")
_USUAL = frozenset({
    *("url", "urls", "link", "links", "imageurl", "imageurls", "videourl", "videourls", "audiourl", "audiourls"),
    *("fileurl", "fileurls", "mediaurl", "mediaurls", "downloadurl", "image", "images", "video", "videos"),
    *("audio", "audios", "file", "files", "media", "data", *PLACES),
})  # fmt: skip
_AT_ROOT = frozenset({"url", "urls", "imageurl", "videourl", "audiourl"})
# Inputs that are repeated, addresses that Kie.ai was told to call, and pictures of what was made.
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
"""A text, and the names that it stands under."""


def file_links(record: JSON) -> tuple[str, ...]:
    """Return the links of the files that the record names, in its order, each once."""
    leaves = list(_leaves_of_result(record))
    echoed = _handed_in(record)
    ways: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _known(leaves, record, lambda path: any(map(_RESULT.fullmatch, path)) and _fits(path[-1])),
        lambda: _others(_known(leaves, {}, lambda path: _fits(path[-1])), echoed),
        lambda: _others(_at_root(record), echoed),
        lambda: _others((link for _, text in leaves for link in _media_links(text)), echoed),
    )
    return next((found for way in ways if (found := tuple(dict.fromkeys(way())))), ())


def links_anywhere(record: JSON) -> tuple[str, ...]:
    """Return the links of files wherever they stand in the record of a success, but for what was handed in."""
    links = (link for _, text in _leaves(record, ("",)) for link in _media_links(text))
    return tuple(dict.fromkeys(_others(links, _handed_in(record))))


def result_of(record: JSON) -> Iterator[Any]:
    """Give each thing that the record tells of its result, read as far as it can be."""
    for name, value in record.items():
        if plain(name) in PLACES and value not in (None, "", {}, []):
            yield parsed(value)


def parsed(value: object) -> Any:
    """Read what is JSON in a text, also encoded twice, a line each, or with words round it; else it stays a text."""
    for _ in range(4):
        if not isinstance(value, str):
            break
        found = _read(value.strip())
        if not isinstance(found, str | list | dict) or found == value:
            break
        value = cast("object", found)
    return value


def is_link(value: object) -> bool:
    """Whether it is an http or https URL with a host."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def plain(name: str) -> str:
    """Return a name in small letters alone: Kie.ai spells the same one in several ways."""
    return re.sub(r"[^a-z]", "", name.casefold())


def _fits(name: str) -> bool:
    return name in _USUAL or bool(_RESULT.fullmatch(name))


def _known(leaves: list[Leaf], record: JSON, fits: Callable[[tuple[str, ...]], bool]) -> Iterator[str]:
    """The links in the places that *fits* takes, and in those of the record itself that are named after a result."""
    for path, text in leaves:
        if fits(path):
            yield from _links(text)
    for name, value in record.items():
        if _RESULT.fullmatch(plain(name)):
            yield from (link for path, text in _leaves(value, (plain(name),)) if fits(path) for link in _links(text))


def _handed_in(record: JSON) -> frozenset[str]:
    return frozenset(_LINK.findall(_unescaped(str(record.get("param") or ""))))


def _at_root(record: JSON) -> Iterator[str]:
    for name, value in record.items():
        if plain(name) in _AT_ROOT:
            yield from (link for _, text in _leaves(value, (plain(name),)) for link in _links(text))


def _others(links: Iterator[str], echoed: frozenset[str]) -> Iterator[str]:
    return (link for link in links if link not in echoed)


def _leaves_of_result(record: JSON) -> Iterator[Leaf]:
    for name, value in record.items():
        if plain(name) in PLACES:
            yield from _leaves(parsed(value), (plain(name),))


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[Leaf]:
    """Each text inside, but for what is no result by its name."""
    if len(path) > DEEPEST:
        return
    value = parsed(value)
    if isinstance(value, str):
        if _HTTP.search(text := _unescaped(value)):
            yield path, text
    elif isinstance(value, list):
        for one in cast("list[object]", value):
            yield from _leaves(one, (*path, path[-1]))
    elif isinstance(value, dict):
        content = cast("JSON", value)
        has_cover = _has_cover(content, path[-1])
        for name, one in content.items():
            word = plain(name)
            if not _NO_RESULT.search(word) and not ("image" in word and has_cover):
                yield from _leaves(one, (*path, word))


def _has_cover(content: JSON, place: str) -> bool:
    """Whether a picture in it is only of what was made: music and some films come with one that nobody ordered."""
    sounds = [one for name, one in content.items() if "audio" in plain(name)]
    return any(sounds) or (place == "data" and bool(sounds)) or place == "videoinfo"


def _links(text: str) -> Iterator[str]:
    """The links that the text consists of."""
    for piece in _BETWEEN.split(text.strip(_ROUND)):
        if link := _as_link(piece.strip(_ROUND)):
            yield link


def _as_link(text: str) -> str | None:
    """The text as a link: a blank in its path is written as one, and words behind it are not of it."""
    text = re.split(r"[\t\r\n]", text, maxsplit=1)[0]
    shorter = (text.rstrip(_BEHIND), text.partition(" ")[0].rstrip(_BEHIND))
    if not _is_media(text):
        text = next(filter(_is_media, shorter), text)
    link = text.replace(" ", "%20")
    return link if is_link(link) else None


def _media_links(text: str) -> Iterator[str]:
    """The links of files anywhere in the text."""
    for found in _LINK.finditer(text):
        link = found[0].rstrip(_BEHIND)
        if is_link(link) and (_is_media(link) or urlsplit(link).hostname in OUTPUT_HOSTS):
            yield link


def _is_media(link: str) -> bool:
    try:
        return PurePosixPath(urlsplit(link).path).suffix.casefold() in _MEDIA
    except ValueError:
        return False


def _unescaped(text: str) -> str:
    """The text with its links as they are opened, however they were written for JSON, HTML, a query or a page."""
    text = _AMPERSAND.sub("&", text.replace("\\/", "/"))
    return _WITHOUT_SCHEME.sub("https:", _ENCODED.sub(lambda found: unquote(found[0]), text))


def _read(text: str) -> Any:
    """The JSON in a text; the text itself if there is none."""
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
