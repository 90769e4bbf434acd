"""Finds the fields of an input that hold the URL of a picture, a sound or a film, or a list of such URLs.

Kie.ai's schemas have no mark for them: a field is judged by its name, its format, its examples and its description.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from kie_mcp.market.input_schema import InputSchema
from kie_mcp.market.schema_copy import JSON, Schema, as_object
from kie_mcp.market.schema_forms import find_forms, list_fields
from kie_mcp.orders.json_texts import list_texts
from kie_mcp.orders.kind import Family
from kie_mcp.urls import is_web_link

_FAMILIES: Mapping[Family, tuple[str, ...]] = {
    "image": ("image", "images", "picture", "pictures", "photo", "frame", "mask", "portrait", "face"),
    "audio": ("audio", "audios", "voice", "sound", "music", "song", "speech", "vocal", "instrumental"),
    "video": ("video", "videos", "clip", "movie", "footage"),
}
_WORDS: Mapping[str, Family] = {word: family for family, words in _FAMILIES.items() for word in words}
"""Words by which a name or a description tells what a file is."""
_URL = frozenset({"url", "urls", "uri", "uris", "link", "links"})
_WHOLE = re.compile(
    r"(?:(?:input|reference|ref|source|first|last|end|start|tail|style|init|control)_)?"
    r"(?:images?|videos?|audios?|frames?|masks?|photos?)(?:_(?:input|list|file|files|\d+))?"
)
"""Whole names of fields that hold files although no word in them says "URL"."""
_FORMATS = frozenset({"uri", "url", "uri-reference", "binary"})
_SAYS_URL = re.compile(r"\bURLs?\b|\blinks? to\b|\buploaded (?:file|image|video|audio)", re.IGNORECASE)
_TEXTS = frozenset({"prompt", "text", "description", "lyrics", "title", "style", "script", "name", "tags"})
"""Last words of names whose fields hold text, whatever their description or example mentions."""
_ADDRESS = re.compile(
    r"call_?back|web_?hook|notif|redirect|web_?(?:site|page)|home_?page|endpoint|server|proxy|(?:^|_)api(?:_|$)"
)
"""Parts of the names of fields that hold the URL of something else: no file is read or uploaded for them."""
_FILE = frozenset({"file", "files", "input", "inputs", "source", "reference", "references"})
"""Words of names by which a field that nobody describes may hold a file."""
_ENDINGS: Mapping[Family, str] = {
    "image": r"\.(?:png|jpe?g|webp|gif|bmp|avif)\b",
    "audio": r"\.(?:mp3|wav|m4a|aac|ogg|flac)\b",
    "video": r"\.(?:mp4|mov|webm|mkv|avi)\b",
}


@dataclass(frozen=True, slots=True)
class MediaField:
    """A field that holds the URL of a file."""

    path: str
    """Its place in the input, as `image_url`, `image_urls[]` or `dialogue[].audio_url`."""
    family: Family | None
    """What kind of file it is; None if the schema does not say."""


def find_media_fields(schema: InputSchema) -> tuple[MediaField, ...]:
    """Return the fields that hold the URL of a file, in every form of the input."""
    found = {field.path: field for field in _find_fields(schema.schema, "", (), set())}
    return tuple(found.values())


def find_media_families(given: Mapping[str, Any], schema: InputSchema) -> dict[str, Family | None]:
    """Return the family of files that each place takes where the input names one, such as `image_urls[0]`."""
    families: dict[str, Family | None] = {field.path: field.family for field in find_media_fields(schema)}
    paths = {place: re.sub(r"\[\d+\]", "[]", place) for place, _ in list_texts(given)}
    return {place: families[path] for place, path in paths.items() if path in families}


def find_undescribed_families(given: Mapping[str, Any]) -> dict[str, Family | None]:
    """Return the family of files of each place that names one, where Kie.ai describes no field.

    The name of the field has to tell, or the text has to begin as the name of a file does. A file of this computer is
    taken only where the name speaks of files.
    """
    paths = {place: re.sub(r"\[\d+\]", "[]", place) for place, text in list_texts(given) if _names_file(place, text)}
    return {place: _find_family(path, ()) for place, path in paths.items()}


def _names_file(place: str, text: str) -> bool:
    scheme = text.strip().casefold().partition(":")[0]
    words = _split_words(_last_name(re.sub(r"\[\d+\]", "", place)))
    if not words or words[-1] in _TEXTS or _ADDRESS.search("_".join(words)):
        return False
    if _URL & {*words[-2:]} or re.fullmatch(_WHOLE, "_".join(words)):
        return True
    return scheme in {"kie", "data"} or (scheme == "file" and bool(_words_of(words) or {*words} & _FILE))


def _step(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _find_fields(
    schema: Schema, place: str, around: Sequence[JSON], seen: set[tuple[int, str]]
) -> Iterator[MediaField]:
    """Find the fields below a place; *around* are the schemas of the lists that the place is in.

    *seen* are the schemas that were searched at a place: the forms of an object share most of their fields.
    """
    if isinstance(schema, bool) or (id(schema), place) in seen:
        return
    seen.add((id(schema), place))
    for pieces in find_forms(schema):
        for name, field in list_fields(pieces).items():
            yield from _find_fields(field, _step(place, name), (), seen)
        for piece in pieces:
            for branch in (*piece.get("anyOf", ()), *piece.get("oneOf", ())):
                yield from _find_fields(branch, place, (*around, piece), seen)
            if isinstance(items := piece.get("items"), dict):
                yield from _find_fields(cast("JSON", items), f"{place}[]", (*around, piece), seen)
    notes = (schema, *around)
    if place and _may_be_text(schema) and _holds_url(place, notes):
        yield MediaField(place, _find_family(place, notes))


def _may_be_text(schema: JSON) -> bool:
    pieces = [schema, *map(as_object, schema.get("allOf", ()))]
    kinds = next((piece["type"] for piece in pieces if "type" in piece), None)
    is_text = kinds == "string" or (isinstance(kinds, list) and "string" in kinds)
    return is_text and not any("enum" in piece or "const" in piece for piece in pieces)


def _holds_url(place: str, notes: Sequence[JSON]) -> bool:
    name = _last_name(place)
    words = _split_words(name)
    if _ADDRESS.search("_".join(words)):
        return False
    if any(schema.get("format") in _FORMATS for schema in notes) or _URL & {*words[-2:]}:
        return True
    if words and words[-1] in _TEXTS:
        return False
    if re.fullmatch(_WHOLE, "_".join(words)):
        return True
    return any(is_web_link(example) for example in _examples(notes)) or (
        _words_of(words) is not None and any(_SAYS_URL.search(words) for words in _descriptions(notes))
    )


def _find_family(place: str, notes: Sequence[JSON]) -> Family | None:
    for name in reversed(re.sub(r"\[\]", "", place).split(".")):
        if family := _words_of(_split_words(name)):
            return family
    for text in (*_descriptions(notes), *_examples(notes)):
        named: set[Family] = {_WORDS[word] for word in re.findall(r"[a-z]+", text.casefold()) if word in _WORDS}
        named |= {family for family, ending in _ENDINGS.items() if re.search(ending, text.casefold())}
        if len(named) == 1:
            return named.pop()
    return None


def _words_of(words: Iterable[str]) -> Family | None:
    """Return the family that the last telling word of a name names."""
    families: list[Family] = [_WORDS[word] for word in words if word in _WORDS]
    return families[-1] if families else None


def _last_name(place: str) -> str:
    return place.replace("[]", "").rpartition(".")[2]


def _split_words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [word for word in re.split(r"[^a-z0-9]+", spaced.casefold()) if word]


def _descriptions(notes: Sequence[JSON]) -> list[str]:
    return [text for schema in notes for key in ("description", "title") if isinstance(text := schema.get(key), str)]


def _examples(notes: Sequence[JSON]) -> list[str]:
    values: list[Any] = []
    for schema in notes:
        several = schema.get("examples")
        values += cast("list[Any]", several) if isinstance(several, list) else []
        values += [schema.get("example"), schema.get("default")]
    lists = [one for value in values if isinstance(value, list) for one in cast("list[Any]", value)]
    return [value for value in (*values, *lists) if isinstance(value, str)]
