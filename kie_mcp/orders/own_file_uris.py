"""Write and read the names that an order has for its caller's own files: where each was, and a hash of its bytes."""

import re

INPUT_URI = re.compile(r"(?P<place>(?:file|data):[^#]*)#sha256=(?P<digest>[0-9a-f]{64})")
"""The name of a caller's file that has been read: its path or kind of data URI, and the SHA-256 of its bytes."""


def input_uri(place: str, digest: str) -> str:
    """Return the name of a caller's file; *place* begins with file: or data:, *digest* is the SHA-256 of its bytes."""
    return f"{place}#sha256={digest}"


def parse_input_uri(reference: str) -> tuple[str, str] | None:
    """Return place and digest of the name of a caller's file; None if *reference* names something else."""
    found = INPUT_URI.fullmatch(reference)
    return (found["place"], found["digest"]) if found else None
