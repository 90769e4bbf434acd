"""When two texts or two addresses are one and the same though they are written otherwise: for comparison only."""

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

_ENDS_OF_LINE = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_PORTS = {"https": 443, "http": 80}
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ALL_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def same_words(text: str) -> str:
    """What a text has in common with itself in another form: composed or not, with whatever ends its lines and itself.

    Case, blanks within it and its signs stay, since they may mean something.
    """
    seen = unicodedata.normalize("NFC", _ENDS_OF_LINE.sub("\n", text))
    shown = [at for at, one in enumerate(seen) if not one.isspace() and unicodedata.category(one) != "Cf"]
    return seen[shown[0] : shown[-1] + 1] if shown else ""


def same_address(url: str) -> str:
    """The same of a web URL: its host as the DNS knows it, without the port that goes without saying, encoded as usual.

    What is left of the path and the query stays as it is: who keeps the file may tell letters apart there.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    if parts.scheme not in _PORTS or "@" in parts.netloc:
        return url
    host = _host(parts.hostname or "")
    place = host if port in {None, _PORTS[parts.scheme]} else f"{host}:{port}"
    return urlunsplit((parts.scheme, place, _encoded(parts.path) or "/", _encoded(parts.query), ""))


def _host(name: str) -> str:
    """The name in small letters of ASCII, without the dot of the root; an address in numbers in its brackets."""
    if ":" in name:
        return f"[{name}]"
    labels = unicodedata.normalize("NFKC", name).lower().replace("\u3002", ".").removesuffix(".").split(".")
    return ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)


def _encoded(text: str) -> str:
    """What may be percent-encoded or not is not, all else is, in capitals."""
    written = quote(unicodedata.normalize("NFC", text), safe=_ALL_ASCII)
    return _ENCODED.sub(_as_usual, written)


def _as_usual(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return chr(code) if code in _UNRESERVED else found[0].upper()
