"""Bring texts and URLs into one form, so that two that mean the same compare equal; used for comparison only."""

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

_ENDS_OF_LINE = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_PORTS = {"https": 443, "http": 80}
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ALL_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def same_words(text: str) -> str:
    """Return the text composed (NFC), with a newline at the end of each line, and without blanks at both ends.

    Case, punctuation and blanks inside the text stay, because they may mean something.
    """
    seen = unicodedata.normalize("NFC", _ENDS_OF_LINE.sub("\n", text))
    shown = [at for at, one in enumerate(seen) if not one.isspace() and unicodedata.category(one) != "Cf"]
    return seen[shown[0] : shown[-1] + 1] if shown else ""


def same_address(url: str) -> str:
    """Return a web URL with its host as the DNS has it, without the usual port, and percent-encoded as usual.

    The rest of path and query stays as it is: the host of the file may distinguish lower and upper case there. Anything
    but a web URL is returned unchanged.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    if parts.scheme not in _PORTS or "@" in parts.netloc:
        return url
    host = _normalize_host(parts.hostname or "")
    place = host if port in {None, _PORTS[parts.scheme]} else f"{host}:{port}"
    return urlunsplit((parts.scheme, place, _encode(parts.path) or "/", _encode(parts.query), ""))


def _normalize_host(name: str) -> str:
    """Return the host's name in lower case ASCII, without a dot at its end; an IPv6 address in brackets."""
    if ":" in name:
        return f"[{name}]"
    labels = unicodedata.normalize("NFKC", name).lower().replace("\u3002", ".").removesuffix(".").split(".")
    return ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)


def _encode(text: str) -> str:
    """Percent-encode what must be encoded, in upper case, and decode what need not be."""
    written = quote(unicodedata.normalize("NFC", text), safe=_ALL_ASCII)
    return _ENCODED.sub(_decode_unreserved, written)


def _decode_unreserved(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return chr(code) if code in _UNRESERVED else found[0].upper()
