"""Names, in an order, of the files that its caller handed in: where each was, and what was in it."""

import re

HANDED_IN = re.compile(r"(?P<place>(?:file|data):[^#]*)#sha256=(?P<digest>[0-9a-f]{64})")
"""A file of the caller's, once it was read: where it was, and what was in it."""


def handed_in(place: str, digest: str) -> str:
    """Name a file of the caller's by its file: or data: place and the SHA-256 of its bytes."""
    return f"{place}#sha256={digest}"


def parse_handed_in(reference: str) -> tuple[str, str] | None:
    """Return place and digest; None if *reference* names something else."""
    found = HANDED_IN.fullmatch(reference)
    return (found["place"], found["digest"]) if found else None
