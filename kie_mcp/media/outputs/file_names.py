"""What a saved file is called: its day, words of what was asked for, its job and its number."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from kie_mcp.catalog.models import MODELS
from kie_mcp.jobs.job import Job
from kie_mcp.text import shapeless
from kie_mcp.timestamps import day

LONGEST = 40
"""Characters of the words."""
LARGEST = 80
"""Bytes of the words: some encrypted folders take names of 143 bytes, and a part of a sidecar has the longest."""

_SAID = ("prompt", "text")
_UNSAID = frozenset(model.takes.prompt_default for model in MODELS)
_SEEN = 1000
"""Characters that are looked at: a name needs no more."""


def stem(job: Job, index: int, *, plain: bool = False) -> str:
    """The name, without what its content adds, of the file that is the job's output *index*, from 0.

    A file that was saved once keeps its name, also if it was one of an older version. A *plain* name has no words of
    the order's: not every disk takes every letter.
    """
    known = job.outputs[index].path if index < len(job.outputs) else None
    if known and not plain:
        return Path(known).stem
    what = ("" if plain else words(said(job))) or job.kind.replace("_", "-")
    return f"{day(job.created_at)}-{what}-{job.id.removeprefix('job_')[:8]}-{index + 1}"


def words(text: str) -> str:
    """The first words of *text* in small letters, held together by hyphens; empty if there are none.

    Letters, their marks and digits of every script stay, in the composed form (NFC); whatever else is between them,
    blanks and what is invisible or steers the direction of writing among it, becomes one hyphen.
    """
    composed = unicodedata.normalize("NFC", text[:_SEEN].lower())
    return _cut("".join(_kept(composed)).strip("-"))


def said(job: Job) -> str:
    """What was asked for, in the words of whoever ordered it; empty if there were none."""
    given = (job.title, *(job.order.get(name) for name in _SAID))
    return next((text for text in given if isinstance(text, str) and text and text not in _UNSAID), "")


def _kept(text: str) -> Iterable[str]:
    before = "-"
    for character in text:
        category = unicodedata.category(character)
        # A mark belongs to the letter before it; without one it would sit on the hyphen.
        stays = category[0] == "L" or category == "Nd" or (category[0] == "M" and before != "-")
        now = character if stays and not shapeless(character) else "-"
        if now != "-" or before != "-":
            yield now
        before = now


def _cut(found: str) -> str:
    if _fits(found):
        return found
    short = found[:LONGEST]
    while not _fits(short):
        short = short[:-1]
    begun = "" if found[len(short)] == "-" else short.rpartition("-")[2]
    if len(begun) <= len(short) // 2:
        return short.removesuffix(begun).rstrip("-")
    # A word that is longer than most of the name is cut itself, not between a letter and its mark.
    while short and unicodedata.category(found[len(short)])[0] == "M":
        short = short[:-1]
    return short.rstrip("-")


def _fits(found: str) -> bool:
    return len(found) <= LONGEST and len(found.encode()) <= LARGEST
