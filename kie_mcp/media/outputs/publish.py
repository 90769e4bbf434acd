"""The last step of a download: what came is looked at, and gets its name."""

from pathlib import Path

from kie_mcp.errors import OutputError
from kie_mcp.media.outputs.atomic_file import AtomicFile
from kie_mcp.media.probe.checksums import checksums_fit, cut_off
from kie_mcp.media.probe.file_type import Probe, probe
from kie_mcp.media.probe.integrity import DAMAGED, fault
from kie_mcp.media.probe.reader import Header
from kie_mcp.orders.kind import KINDS, Kind

_MEASURED = KINDS[Kind.IMAGE].file_types | {"image/gif", "video/mp4"}
_WORDS = frozenset({"text/html", "application/json", "application/xml", "text/plain"})
"""What a host says in place of a file."""


def publish(part: AtomicFile, kind: Kind, whole: bool) -> tuple[Path, Probe, str]:
    """Give the part its name; also what is odd about it: a file that came whole is paid for, and kept as it is."""
    part.settle()
    found = probe(part.path)
    # A length that was announced too short cuts a picture off without a sign of it.
    with Header(part.path) as header:
        odd = _oddity(found, kind) or (f"that {DAMAGED}" if fault(found.mime_type, header) == DAMAGED else "")
        fits = bool(odd) or checksums_fit(found.mime_type, header)
        whole = whole and not (odd and cut_off(found.mime_type, header))
    if odd and (not whole or found.mime_type in _WORDS or not found.bytes):
        raise OutputError(f"the link gave {found.label} {odd}")
    odd = odd or ("" if fits else "whose checksum is wrong")
    told = f"Kie.ai gave {found.label} {odd}; it is saved as it came." if odd else ""
    return part.publish(found.extension), found, told


def _oddity(found: Probe, kind: Kind) -> str:
    """What is not as expected, as the end of a sentence; empty if all is."""
    expected = KINDS[kind]
    is_family = found.family != "unknown" and expected.family in {None, found.family}
    if not is_family or (expected.file_types and found.mime_type not in expected.file_types):
        return f"instead of {expected.files}"
    return "that is damaged" if found.mime_type in _MEASURED and found.width is None else ""
