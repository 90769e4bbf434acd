"""Check the texts of settings with the standard library alone: the start does so before anything else is loaded."""

import os
import re
import sys
from contextlib import suppress

from kie_mcp.kie.addresses import API

TYPE_CHECKING = False  # importing it from typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

LEDGER_FILE = "jobs.sqlite3"
"""The name of the ledger in the state folder."""
APP = "kie-mcp"
_UNFILLED = re.compile(r"\$\{[^{}]*\}")


def read_setting(variables: "Mapping[str, str]", name: str) -> str:
    """Return what a setting's variable holds, such as that of `api_key`; "" if it is not set.

    Some clients pass on `${KIE_API_KEY}` as it stands if they have no value for it: nobody has set that.
    """
    text = variables.get(f"KIE_{name.upper()}", "").strip()
    return "" if _UNFILLED.fullmatch(text) else text


def describe_undecodable(text: str) -> str:
    """Say why a text from the environment cannot be written as UTF-8: `is not UTF-8 (byte FC)`; empty if it can.

    Python turns a byte that it cannot decode into half of a surrogate pair. Only a file system accepts that again.
    """
    found = list(dict.fromkeys(f"{ord(one) & 0xFF:02X}" for one in text if "\ud800" <= one <= "\udfff"))
    if not found:
        return ""
    which = f"byte{'s' * (len(found) > 1)} {', '.join(found)}"
    if (encoding := sys.getfilesystemencoding()) == "utf-8":
        return f"is not UTF-8 ({which})"
    return f"holds what the encoding of this system, {encoding}, does not have ({which}): set PYTHONUTF8=1"


def check_header(value: str) -> str:
    """Return a key or a token. Raises ValueError if it cannot be sent as a header."""
    if not re.fullmatch(r"[!-~]+", value):
        raise ValueError("must be letters, digits and signs of ASCII without spaces: it is sent as a header")
    return value


def check_base_url(value: str) -> str:
    """Return a base URL as httpx writes it. Raises ValueError if the key may not be sent there."""
    from urllib.parse import urlsplit  # most people set none

    parts = urlsplit(value.strip().rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError(f"must be a URL such as {API}")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must be a plain URL, without a user, a query or a fragment")
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise ValueError("must be https: plain http is for this machine only")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = parts.port in {None, 443 if parts.scheme == "https" else 80}
    # Written as httpx writes it, because it is compared with httpx's URLs.
    return parts._replace(netloc=host if usual else f"{host}:{parts.port}").geturl()


def check_folder(value: str) -> str:
    """Return the absolute path of a folder. Raises ValueError if it is none, or cannot be used or written down."""
    path = os.path.expanduser(value)  # noqa: PTH111 - pathlib takes as long to load as the rest of the start
    if path.startswith("~"):
        raise ValueError("names a home folder, and it is not known where that is: give the whole path")
    if not os.path.isabs(path):  # noqa: PTH117 - the same
        raise ValueError("must be an absolute path: clients start a server in folders of their own")
    if problem := describe_path(path):
        raise ValueError(problem)
    return path


def describe_path(path: str) -> str:
    """Say why a path can be neither used nor written down; empty if it can."""
    if problem := describe_undecodable(path):
        return problem
    try:
        return "holds a character that no path has" if b"\0" in os.fsencode(path) else ""
    except UnicodeEncodeError:
        return f"has letters that the encoding of this system, {sys.getfilesystemencoding()}, lacks: set PYTHONUTF8=1"


def hash_account(base_url: str, key: str) -> str:
    """Return the hash of base URL and key that keeps the jobs of different accounts apart."""
    return _find_sha256()(f"{base_url}\n{key}".encode()).hexdigest()[:16]


def _find_sha256() -> "Callable[[bytes], Any]":
    """Return Python's own function: hashlib loads OpenSSL first, which takes 4 MB of an idle process for one hash."""
    for module in ("_sha2", "_sha256"):  # since Python 3.12, and before
        with suppress(ImportError):
            return __import__(module).sha256
    from hashlib import sha256

    return sha256
