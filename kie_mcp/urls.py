"""Decide which addresses may be sent to Kie.ai or fetched from here, and show links without their secrets."""

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import SplitResult, urlsplit

TYPE_CHECKING = False  # as in `text`
if TYPE_CHECKING:
    from typing import Any, TypeGuard

MAX_URL = 2000
"""The most characters of a URL."""

_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")
_FAKE = IPv4Network("198.18.0.0/15")
# Networks that some releases of Python call global although they hold no public hosts.
_NOT_PUBLIC_4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))
_NOT_PUBLIC_6 = tuple(map(IPv6Network, ("2001::/23", "2002::/16", "3fff::/20")))
_TUNNELS = (_NAT64, *map(IPv6Network, ("64:ff9b:1::/48", "2002::/16", "2001::/32", "::ffff:0:0/96")))

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_NAME = re.compile(r"[\w-]+(\.[\w-]+)+")
_NUMBER = re.compile(r"0x[0-9a-f]*|\d+")
_LOCAL_NAMES = ("localhost", "local", "internal", "localdomain", "home.arpa")

# A quotation mark ends a link only if nothing of a link follows, so that a signature that holds one is hidden whole.
_LINK = re.compile(r"""https?://(?:[^\s"'<>]|["'<>](?=[\w%&=]))+""", re.IGNORECASE)
_SECRET = re.compile(r"[?#]")
_HOST = re.compile(r"(?:\[[^\]]*\]|[^:]*)(?::\d*)?")


def is_public_ip(ip: str | IPv4Address | IPv6Address) -> bool:
    """Return whether it is an address of the public internet; if it holds another address, whether that one is."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not any(address in net for net in _NOT_PUBLIC_4)
    if (inner := _find_embedded_ip(address)) is not None:
        return is_public_ip(inner)
    return address in _UNICAST and address.is_global and not any(address in net for net in _NOT_PUBLIC_6)


def is_fake_ip(ip: str) -> bool:
    """Return whether it is in 198.18.0.0/15, from which Clash, Surge or sing-box answer in place of a host's address.

    They know by the address which host is meant, and make the connection themselves.
    """
    try:
        return IPv4Address(ip) in _FAKE
    except ValueError:
        return False


def is_ip(host: str) -> bool:
    """Return whether a URL's host is a numeric address, not a name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _find_embedded_ip(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a mapped, NAT64 or 6to4 address leads to; None if it leads to none.

    Teredo and the local NAT64 prefix 64:ff9b:1::/48 are left out, so they are not public: only a local relay knows
    where they lead.
    """
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.sixtofour


def check_url(url: str, *, argument: str, plain_host: str | None = None, longest: int = MAX_URL) -> str:
    """Return *url* without blanks around it; raise OrderError, naming *argument*, if Kie.ai may not be sent it.

    Only https to a public host is allowed, and plain http to `plain_host`, the "host:port" of a sandbox. Names are
    not looked up: whoever connects has to check that a name does not lead to a private address.
    """
    text = url.strip()
    if fault := _find_fault(text, plain_host, longest):
        from kie_mcp.errors import OrderError  # texts are made safe without it, also in the first milliseconds

        remedy = "Give an https URL that anybody on the internet can open."
        raise OrderError(f"{quote_url(text)} {fault}.", argument=argument, remedy=remedy)
    return text


def plain_host_of(url: str, plain_hosts: Collection[str]) -> str | None:
    """Return the one of *plain_hosts* that *url* leads to over plain http; None if it leads elsewhere."""
    return next((host for host in plain_hosts if url[:300].casefold().startswith(f"http://{host}/")), None)


def _find_fault(text: str, plain_host: str | None, longest: int) -> str:
    """Say what is wrong with a URL, as the end of a sentence; empty if nothing is."""
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
    return _find_ip_fault(host) if "[" in parts.netloc else _find_host_fault(host)


def _host_port(parts: SplitResult) -> str:
    """Return "host:port" as the URL has it, in lower case."""
    return parts.netloc.casefold()


def _find_host_fault(host: str) -> str:
    # Kie.ai's resolver may turn full-width digits and ideographic dots into plain ones, so that is done here first.
    name = unicodedata.normalize("NFKC", host).casefold().rstrip(".")
    last = name.rpartition(".")[2]
    if _NUMBER.fullmatch(last):
        return _find_ip_fault(name)
    if any(name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES):
        return "names a host of a local network; only public hosts are allowed"
    if not _NAME.fullmatch(name):
        return "names no public host; a public host has a name such as example.com"
    return ""


def _find_ip_fault(name: str) -> str:
    """Say what is wrong with a numeric address: only its usual form is allowed, as resolvers disagree on others."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "writes an address in an unusual way; only a public host's name or usual address is allowed"
    tunnel = isinstance(address, IPv6Address) and any(address in net for net in _TUNNELS)
    if tunnel or not is_public_ip(address):
        return "names a private, local or translated address; only public hosts are allowed"
    return ""


def quote_url(text: str, limit: int = 80) -> str:
    """Quote a URL without what may be secret in it: user name, password and query."""
    scheme, _, _ = text.partition(":")
    if "@" in text:
        return f"'{scheme[:20]}://…'" if scheme.isalnum() else "the text"
    bare = bare_link(text)
    return repr(bare[:limit] + ("…" if text.partition("?")[2] or len(bare) > limit else ""))


def bare_link(link: str, mark: str = "") -> str:
    """Return *link* without what may be secret in it: user name, password, query and fragment.

    *mark* takes the place of a query or a fragment.
    """
    bare = _SECRET.split(link, maxsplit=1)[0]
    scheme, colon, rest = bare.partition("://")
    place, slash, path = rest.partition("/")
    host = place.rpartition("@")[2]
    if "@" in link and not _HOST.fullmatch(host):
        return f"{scheme}{colon}…"  # the password holds a "/" or an "@": nobody can tell where it ends
    return scheme + colon + host + slash + path + (mark if bare != link else "")


def is_web_link(text: str) -> bool:
    """Return whether the text begins with http:// or https://, in any case."""
    return text[:8].casefold().startswith(("https://", "http://"))


def bare_values(value: "Any") -> "Any":
    """Return an argument of an order, or a list of them, with links shortened as by `bare_link`.

    Words without a link at their beginning stay as they are. A text that only begins with a link keeps its words.
    """
    if _is_list(value):
        return [bare_values(one) for one in value]
    if not isinstance(value, str) or not is_web_link(value):
        return value
    return bare_link(value) if len(value.split(maxsplit=1)) == 1 else bare_links(value)


def _is_list(value: object) -> "TypeGuard[list[Any] | tuple[Any, ...]]":
    return isinstance(value, list | tuple)


def bare_links(text: str, mark: str = "") -> str:
    """Return *text* with each of its web links shortened as by `bare_link`."""
    return _LINK.sub(lambda found: bare_link(found[0], mark), text)
