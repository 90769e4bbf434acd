"""Name saved files: by day, words of the order, job and number."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from kie_mcp.catalog.models import MODELS
from kie_mcp.jobs.job import Job
from kie_mcp.orders.order_text import find_text
from kie_mcp.text import is_shapeless
from kie_mcp.timestamps import day

LONGEST = 40
"""The most characters of the words."""
LARGEST = 80
"""The most bytes of the words: some encrypted folders take names of 143 bytes, and a sidecar's part has the longest."""

DEFAULT_TEXTS = frozenset(model.takes.prompt_default for model in MODELS)
_READ = 1000
"""The most characters of a text that are read: a name needs no more."""


def file_stem(job: Job, index: int, *, plain: bool = False) -> str:
    """Return the name, without extension, for the output *index*, from 0, of a job.

    A file that was saved before keeps its name, also one that an older version gave. A *plain* name has no words of the
    order, for disks that do not take every letter.
    """
    known = job.outputs[index].path if index < len(job.outputs) else None
    if known and not plain:
        return Path(known).stem
    what = ("" if plain else hyphenated_words(order_text(job))) or job.kind.replace("_", "-")
    return f"{day(job.created_at)}-{what}-{job.id.removeprefix('job_')[:8]}-{index + 1}"


def hyphenated_words(text: str) -> str:
    """Return the first words of *text* in small letters, joined by hyphens; empty if there are none.

    Letters, their marks and digits of every script stay, in the composed form (NFC); everything between them, also
    invisible characters and marks of the writing direction, becomes one hyphen.
    """
    composed = unicodedata.normalize("NFC", text[:_READ].lower())
    return _shorten("".join(_hyphenate(composed)).strip("-"))


def order_text(job: Job) -> str:
    """Return the title, prompt or text of a job's order; empty if there was none."""
    return find_text(job.title, job.order, DEFAULT_TEXTS)


def _hyphenate(text: str) -> Iterable[str]:
    before = "-"
    for character in text:
        category = unicodedata.category(character)
        # A mark belongs to the letter before it; without one it would sit on the hyphen.
        stays = category[0] == "L" or category == "Nd" or (category[0] == "M" and before != "-")
        now = character if stays and not is_shapeless(character) else "-"
        if now != "-" or before != "-":
            yield now
        before = now


def _shorten(found: str) -> str:
    if _is_short_enough(found):
        return found
    short = found[:LONGEST]
    while not _is_short_enough(short):
        short = short[:-1]
    begun = "" if found[len(short)] == "-" else short.rpartition("-")[2]
    if len(begun) <= len(short) // 2:
        return short.removesuffix(begun).rstrip("-")
    # A word that is longer than most of the name is cut itself, not between a letter and its mark.
    while short and unicodedata.category(found[len(short)])[0] == "M":
        short = short[:-1]
    return short.rstrip("-")


def _is_short_enough(found: str) -> bool:
    return len(found) <= LONGEST and len(found.encode()) <= LARGEST
