"""The network settings: the proxy, the hosts without it, and the trusted certificates."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from kie_mcp import optional_packages
from kie_mcp.errors import NetworkSetupError
from kie_mcp.urls import is_ip

_SCHEMES = {"http": "http", "https": "https", "socks": "socks5", "socks5": "socks5", "socks5h": "socks5"}
"""Allowed schemes of a proxy, and what they mean: every SOCKS proxy resolves host names itself."""
_ADDRESS = "Set it to an address such as http://127.0.0.1:7890 or socks5://127.0.0.1:1080, or unset it"
_RESTART = "and restart the client."
_ENTRIES = re.compile(r"[,\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy that can be used; `str()` never shows the user or the password."""

    scheme: str
    """http, https or socks5."""
    host: str
    port: int | None
    auth: tuple[str, str] | None = field(default=None, repr=False)
    setting: str = ""
    """The setting that names it."""

    @property
    def url(self) -> str:
        """The address, without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self.port is None else f':{self.port}'}"

    def __str__(self) -> str:
        return f"{self.url} ({self.setting})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The network settings of this computer and of this program; without any, everything goes directly."""

    proxy: str = field(default="", repr=False)
    """The proxy for https, as it was written; it may contain a password."""
    proxy_setting: str = "HTTPS_PROXY"
    """The setting that names the proxy."""
    no_proxy: str = ""
    """Hosts that are reached without the proxy, as `NO_PROXY` lists them."""
    ca_file: str = ""
    """A file of certificates that replace the usual ones."""
    ca_dirs: tuple[str, ...] = ()
    """Folders of further certificates."""
    allow_fake_ip: bool = False
    """Whether a host's name may lead into 198.18.0.0/15, as it does where a tunnel answers for the DNS."""

    @classmethod
    def of(cls, proxies: Mapping[str, str]) -> Self:
        """Make settings from proxies by scheme, as urllib returns them; only https leaves this computer."""
        scheme = next((one for one in ("https", "all") if proxies.get(one, "").strip()), "https")
        proxy = proxies.get(scheme, "").strip()
        return cls(proxy=proxy, proxy_setting=f"{scheme.upper()}_PROXY", no_proxy=proxies.get("no", ""))

    def uses_proxy(self, host: str, port: int) -> bool:
        """Return whether that host is reached through the proxy."""
        return bool(self.proxy) and not _is_listed(host, port, self.no_proxy)

    def parse_proxy(self) -> Proxy:
        """Parse the proxy's address. Raises NetworkSetupError if it cannot be used; the error never shows it."""
        text = self.proxy if "://" in self.proxy else f"http://{self.proxy}"
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise self.proxy_error() from None
        # With one of these characters, a part of the password would be taken for another part of the URL, and shown.
        odd = " " in text or not text.isprintable() or parts.path not in {"", "/"} or parts.query or parts.fragment
        if not host or odd:
            raise self.proxy_error()
        if parts.scheme not in _SCHEMES:
            four = parts.scheme.startswith("socks4")
            kind = "a SOCKS4 proxy, which knows no names of hosts" if four else "a kind of proxy that is not known here"
            raise self.proxy_error(f"names {kind}")
        scheme = _SCHEMES[parts.scheme]
        if scheme == "socks5" and optional_packages.missing_packages(optional_packages.SOCKS):
            message = f"{self.proxy_setting} names a SOCKS proxy, which needs the extra `socks`."
            remedy = f"Install it where the server runs, {_RESTART} {optional_packages.install_hint('socks')}"
            raise NetworkSetupError(message, remedy=remedy)
        auth = (unquote(parts.username or ""), unquote(parts.password or "")) if "@" in parts.netloc else None
        return Proxy(scheme=scheme, host=host, port=port, auth=auth, setting=self.proxy_setting)

    def proxy_error(self, why: str = "is no address of a proxy") -> NetworkSetupError:
        """Return the error for an unusable proxy, without its address: that may contain a password."""
        return NetworkSetupError(f"{self.proxy_setting} {why}.", remedy=f"{_ADDRESS}, {_RESTART}")


def _is_listed(host: str, port: int, no_proxy: str) -> bool:
    name = host.casefold().strip("[]").rstrip(".")
    return any(_matches(name, port, entry.casefold()) for entry in _ENTRIES.split(no_proxy) if entry)


def _matches(host: str, port: int, entry: str) -> bool:
    if entry == "*":
        return True
    entry, wanted = _split_port(entry.partition("://")[2] or entry)
    if wanted not in {"", str(port)}:
        return False
    suffix = entry.removeprefix("*").removeprefix(".").rstrip(".")
    if not suffix:
        return False
    # A name may end with a listed domain; for an IP address an equal end means nothing.
    return host == suffix or (not is_ip(host) and host.endswith(f".{suffix}"))


def _split_port(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        return host, rest.removeprefix(":")
    if entry.count(":") == 1:
        host, _, port = entry.partition(":")
        return host, port
    return entry, ""
