"""Which addresses may be named to Kie.ai, or fetched from here, and how a link is shown without its secrets."""

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from kie_mcp.errors import OrderError

MAX_URL = 2000
"""Characters that a URL may have."""

_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")
_FAKE = IPv4Network("198.18.0.0/15")
# What `is_global` lets through in some releases of Python although nothing public lives there.
_NOT_PUBLIC_4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))
_NOT_PUBLIC_6 = tuple(map(IPv6Network, ("2001::/23", "2002::/16", "3fff::/20")))
_TUNNELS = (_NAT64, *map(IPv6Network, ("64:ff9b:1::/48", "2002::/16", "2001::/32", "::ffff:0:0/96")))

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_NAME = re.compile(r"[\w-]+(\.[\w-]+)+")
_NUMBER = re.compile(r"0x[0-9a-f]*|\d+")
_LOCAL_NAMES = ("localhost", "local", "internal", "localdomain", "home.arpa")

# A quotation mark ends a link only where nothing of a link can follow: a signature that holds one is hidden whole.
_LINK = re.compile(r"""https?://(?:[^\s"'<>]|["'<>](?=[\w%&=]))+""", re.IGNORECASE)
_SECRET = re.compile(r"[?#]")
_HOST = re.compile(r"(?:\[[^\]]*\]|[^:]*)(?::\d*)?")


def public_ip(ip: str | IPv4Address | IPv6Address) -> bool:
    """Whether a connection to it leaves for the public internet; an address inside an address is judged instead."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not any(address in net for net in _NOT_PUBLIC_4)
    if (inner := _embedded(address)) is not None:
        return public_ip(inner)
    return address in _UNICAST and address.is_global and not any(address in net for net in _NOT_PUBLIC_6)


def fake_ip(ip: str) -> bool:
    """Whether it is one of those, reserved for measurements, that Clash, Surge or sing-box answer for a host's name.

    They tell by the address which host is meant, and take the connection there themselves.
    """
    try:
        return IPv4Address(ip) in _FAKE
    except ValueError:
        return False


def is_ip(host: str) -> bool:
    """Whether a URL's host is an address in numbers and no name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a mapped, NAT64 or 6to4 address leads to.

    Teredo and the local NAT64 prefix 64:ff9b:1::/48 lead to hosts that only a local relay knows: they stay unpublic.
    """
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.sixtofour


def check_url(url: str, *, argument: str, plain_host: str | None = None, longest: int = MAX_URL) -> str:
    """Return *url* without blanks around it, or raise OrderError naming *argument*.

    Only https to a public host passes; `plain_host`, the "host:port" of a sandbox, may be spoken to in plain http.
    Nothing is looked up: a name that resolves to a private address is the business of whoever connects.
    """
    text = url.strip()
    if fault := _fault(text, plain_host, longest):
        remedy = "Give an https URL that anybody on the internet can open."
        raise OrderError(f"{shown_url(text)} {fault}.", argument=argument, remedy=remedy)
    return text


def plain_host_of(url: str, plain_hosts: Collection[str]) -> str | None:
    """Return the one of these that *url* leads to; None if it leads elsewhere."""
    return next((host for host in plain_hosts if url[:300].casefold().startswith(f"http://{host}/")), None)


def _fault(text: str, plain_host: str | None, longest: int) -> str:
    """What is wrong with it, as the end of a sentence; empty if nothing is."""
    if len(text) > longest:
        return f"has {len(text):,} characters; at most {longest:,} are allowed"
    if _UNPRINTABLE.search(text) or not text.isprintable():
        return "holds blanks, backslashes or control characters; a URL has them percent-encoded"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is not a URL that can be read"
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        return "is not a URL such as https://example.com/cat.png"
    if "@" in parts.netloc:
        return "holds a user name or a password before the host; that is not allowed"
    if plain_host is not None and parts.scheme == "http" and _host_port(parts) == plain_host.casefold():
        return ""
    if parts.scheme == "http":
        return "is plain http; only https is allowed"
    return _literal_fault(host) if "[" in parts.netloc else _host_fault(host)


def _host_port(parts: SplitResult) -> str:
    """As it is written in the URL, lower case."""
    return parts.netloc.casefold()


def _host_fault(host: str) -> str:
    # Kie.ai's resolver may fold full-width digits and ideographic dots, so they are folded here first.
    name = unicodedata.normalize("NFKC", host).casefold().rstrip(".")
    last = name.rpartition(".")[2]
    if _NUMBER.fullmatch(last):
        return _literal_fault(name)
    if any(name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES):
        return "names a host of a local network; only public hosts are allowed"
    if not _NAME.fullmatch(name):
        return "names no public host; a public host has a name such as example.com"
    return ""


def _literal_fault(name: str) -> str:
    """An address in numbers has to be public and in the one usual spelling: resolvers disagree on all others."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "writes an address in an unusual way; only a public host's name or usual address is allowed"
    tunnel = isinstance(address, IPv6Address) and any(address in net for net in _TUNNELS)
    if tunnel or not public_ip(address):
        return "names a private, local or translated address; only public hosts are allowed"
    return ""


def shown_url(text: str, limit: int = 80) -> str:
    """Quote what was given, without what may be secret in it: the user's name and password, the query."""
    scheme, _, _ = text.partition(":")
    if "@" in text:
        return f"'{scheme[:20]}://…'" if scheme.isalnum() else "the text"
    bare = bare_link(text)
    return repr(bare[:limit] + ("…" if text.partition("?")[2] or len(bare) > limit else ""))


def bare_link(link: str, mark: str = "") -> str:
    """Return *link* without what may be secret in it: user name and password, query, fragment.

    *mark* stands where a query or a fragment was.
    """
    bare = _SECRET.split(link, maxsplit=1)[0]
    scheme, colon, rest = bare.partition("://")
    place, slash, path = rest.partition("/")
    host = place.rpartition("@")[2]
    if "@" in link and not _HOST.fullmatch(host):
        return f"{scheme}{colon}…"  # a password that holds a sign of its own: nobody can tell where it ends
    return scheme + colon + host + slash + path + (mark if bare != link else "")


def is_web_link(text: str) -> bool:
    """Whether it begins as a web link does, in any spelling."""
    return text[:8].casefold().startswith(("https://", "http://"))


def bare_values(value: Any) -> Any:
    """Return an order's argument, or a list of them, with each that is a web link as `bare_link` has it.

    Of words that begin with a link only the links are changed.
    """
    if isinstance(value, list | tuple):
        return [bare_values(one) for one in cast("list[Any]", value)]
    if not isinstance(value, str) or not is_web_link(value):
        return value
    return bare_link(value) if len(value.split(maxsplit=1)) == 1 else bare_links(value)


def bare_links(text: str, mark: str = "") -> str:
    """Return *text* with each web link in it as `bare_link` has it."""
    return _LINK.sub(lambda found: bare_link(found[0], mark), text)
