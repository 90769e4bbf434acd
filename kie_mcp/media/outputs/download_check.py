"""Check a downloaded file by its bytes, and give it its name: the last step of a download."""

from pathlib import Path

from kie_mcp.errors import OutputError
from kie_mcp.media.outputs.atomic_file import AtomicFile
from kie_mcp.media.probe.file_type import Probe, probe
from kie_mcp.media.probe.limited_reader import LimitedReader
from kie_mcp.media.probe.picture_integrity import DAMAGED, find_fault, has_valid_checksums, is_cut_off
from kie_mcp.orders.kind import KINDS, Kind

_MEASURED = KINDS[Kind.IMAGE].file_types | {"image/gif", "video/mp4"}
_WORDS = frozenset({"text/html", "application/json", "application/xml", "text/plain"})
"""Types of a page or message that a host sends in place of a file."""


def check_and_publish(part: AtomicFile, kind: Kind, whole: bool) -> tuple[Path, Probe, str]:
    """Give the part its name, blocking; return the path, the probe, and a sentence about what is odd, or "".

    A file that came whole is paid for, so it is kept even if it is not as expected. Raises OutputError for any other.
    """
    part.flush_and_close()
    found = probe(part.path)
    # If the announced length was too short, the picture is cut off although the download looks complete.
    with LimitedReader(part.path) as header:
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
    """Say what is not as expected, as the end of a sentence; empty if all is."""
    expected = KINDS[kind]
    is_family = found.family != "unknown" and expected.family in {None, found.family}
    if not is_family or (expected.file_types and found.mime_type not in expected.file_types):
        return f"instead of {expected.files}"
    return "that is damaged" if found.mime_type in _MEASURED and found.width is None else ""
