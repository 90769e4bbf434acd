"""Define what is known of one task when its result is made, and what a result is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kie_mcp.sandbox.account.file_store import File
from kie_mcp.sandbox.account.model import Model
from kie_mcp.sandbox.account.scenarios import remove_words
from kie_mcp.sandbox.studio import pictures
from kie_mcp.sandbox.studio.inputs import InputMedia, SpokenWords
from kie_mcp.sandbox.studio.media_makers import MediaMakers


@dataclass(frozen=True, slots=True)
class Work:
    """What has to be known to make the result of one task."""

    model: Model
    given: Mapping[str, Any]
    media: InputMedia
    seed: str
    makers: MediaMakers
    spoken: SpokenWords
    stop: threading.Event

    def find(self, *names: str) -> Any:
        """Return the value of the first of these fields that has one, given or by default; None if none has."""
        for name in names:
            field = self.model.fields.get(name)
            value = self.given.get(name) or (field.schema.get("default") if field else None)
            if value is not None:
                return value
        return None


@dataclass(frozen=True, slots=True)
class Result:
    """The files of a result by their names, and the object by which a record names them, made from their URLs."""

    files: tuple[tuple[str, File], ...]
    describe: Callable[[list[str]], dict[str, Any]] = lambda urls: {"resultUrls": urls}


def measure(picture: bytes) -> tuple[int, int]:
    """Return width and height of a picture in pixels."""
    return pictures.decode(picture)[0].size


def clean(words: str) -> str:
    """Return the words as they are drawn or spoken: without scenario words and halves of surrogate pairs."""
    return remove_words(words.encode("utf-8", "replace").decode())
