"""The last step of a download: what came is looked at, and gets its name."""

from pathlib import Path

from kie_mcp.errors import OutputError
from kie_mcp.media.outputs.atomic_file import AtomicFile
from kie_mcp.media.probe.file_type import Probe, probe
from kie_mcp.media.probe.integrity import DAMAGED, find_fault, has_valid_checksums, is_cut_off
from kie_mcp.media.probe.reader import Header
from kie_mcp.orders.kind import Kind

_PICTURES = frozenset({"image/png", "image/jpeg", "image/webp"})
_MEASURED = _PICTURES | {"image/gif", "video/mp4"}
_WORDS = frozenset({"text/html", "application/json", "application/xml", "text/plain"})
"""What a host says in place of a file."""


def check_and_publish(part: AtomicFile, kind: Kind, whole: bool) -> tuple[Path, Probe, str]:
    """Give the part its name; also what is odd about it: a file that came whole is paid for, and kept as it is."""
    part.flush_and_close()
    found = probe(part.path)
    # A length that was announced too short cuts a picture off without a sign of it.
    with Header(part.path) as header:
        odd = _describe_oddity(found, kind) or (
            f"that {DAMAGED}" if find_fault(found.mime_type, header) == DAMAGED else ""
        )
        fits = bool(odd) or has_valid_checksums(found.mime_type, header)
        whole = whole and not (odd and is_cut_off(found.mime_type, header))
    if odd and (not whole or found.mime_type in _WORDS or not found.bytes):
        raise OutputError(f"the link gave {found.label} {odd}")
    odd = odd or ("" if fits else "whose checksum is wrong")
    told = f"Kie.ai gave {found.label} {odd}; it is saved as it came." if odd else ""
    return part.publish(found.extension), found, told


def _describe_oddity(found: Probe, kind: Kind) -> str:
    """What is not as expected, as the end of a sentence; empty if all is."""
    fits, expected = {
        Kind.IMAGE: (found.mime_type in _PICTURES, "a PNG, JPEG or WebP picture"),
        Kind.SPEECH: (found.family == "audio", "audio"),
        Kind.TALKING_VIDEO: (found.family == "video", "a video"),
        Kind.OTHER: (found.family != "unknown", "a picture, audio or a video"),
    }[kind]
    if not fits:
        return f"instead of {expected}"
    return "that is damaged" if found.mime_type in _MEASURED and found.width is None else ""
