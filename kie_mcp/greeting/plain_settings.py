"""Tell whether the settings are certainly right, without pydantic; in every doubt the real settings are read at once.

This repeats no rule: what is accepted here is less than what `settings` accepts, and the checks of keys, addresses and
folders are the same functions.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping

from kie_mcp.kie.addresses import API
from kie_mcp.setting_checks import (
    APP,
    LEDGER_FILE,
    check_base_url,
    check_folder,
    check_header,
    describe_path,
    describe_undecodable,
    hash_account,
    read_setting,
)

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_USER_FOLDER = re.compile(r'#.*|XDG_([A-Z]+)_DIR="(?:\$HOME)?/[^"%$\\]*"|')
"""A line of the file in which a Linux desktop names the user's folders."""
_FLAGS = frozenset({"true", "false", "1", "0"})
_HEADER = 100
"""The bytes at the beginning of a SQLite file that say what it is."""
_VERSION_AT = 60
"""Where among them is the number that `PRAGMA user_version` tells."""


class PlainSettings:
    """What the start needs of the settings."""

    def __init__(self, api_key: str, api_base_url: str, state_dir: str) -> None:
        self.api_key = api_key
        self.api_base_url = api_base_url
        self.state_dir = state_dir

    @property
    def account(self) -> str:
        """The hash of base URL and key that the account's jobs carry in the ledger."""
        return hash_account(self.api_base_url, self.api_key)

    @property
    def ledger_path(self) -> str:
        """The path of the ledger's file."""
        return os.path.join(self.state_dir, LEDGER_FILE)  # noqa: PTH118 - pathlib takes long to load


def read_plain_settings(variables: Mapping[str, str]) -> PlainSettings | None:
    """Return the settings if they are certainly right; None if `Settings` has to judge them."""
    given = {name: read_setting(variables, name) for name in CHECKS}
    if any(name.startswith("OTEL_") for name in variables):
        return None  # telemetry is for those who can wait for it
    try:
        if not all(CHECKS[name](text) and not describe_undecodable(text) for name, text in given.items() if text):
            return None
        home = _find_home(variables)
        if home is None or not (given["output_dir"] or _has_plain_pictures(variables, home)):
            return None
        state_dir = check_folder(given["state_dir"] or _find_state_folder(variables, home))
        base_url = check_base_url(given["api_base_url"]) if given["api_base_url"] else API
        return PlainSettings(given["api_key"], base_url, state_dir)
    except (ValueError, OSError):
        return None


def is_usable(settings: PlainSettings, version: int) -> bool:
    """Return whether the ledger can be opened as far as a glance shows; the whole check follows soon after.

    `version` is the one that this program writes; a file of another one has to be migrated, or refused, at once.
    """
    try:
        file = os.open(settings.ledger_path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return _can_be_made(settings.state_dir)
    except OSError:
        return False
    try:
        header = os.read(file, _HEADER)
    except OSError:
        return False
    finally:
        os.close(file)
    known = int.from_bytes(header[_VERSION_AT : _VERSION_AT + 4], "big")
    return not header or (header.startswith(b"SQLite format 3\0") and known == version)


def has_sandbox() -> bool:
    """Return whether everything is installed that a sandbox needs."""
    from kie_mcp.optional_packages import missing_packages

    return not missing_packages()


def _can_be_made(folder: str) -> bool:
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)  # noqa: PTH120 - pathlib takes long to load
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)  # noqa: PTH112 - the same


def _is_number(text: str, most: float = 1e9) -> bool:
    return _NUMBER.fullmatch(text) is not None and float(text) <= most


def _are_folders(text: str) -> bool:
    return all(check_folder(entry.strip()) for entry in text.split(os.pathsep) if entry.strip())


CHECKS: Mapping[str, Callable[[str], object]] = {
    "api_key": check_header,
    "api_base_url": check_base_url,
    "upload_base_url": check_base_url,
    "output_dir": check_folder,
    "http_token": check_header,
    "state_dir": check_folder,
    "input_roots": _are_folders,
    "wait_seconds": lambda text: _is_number(text, most=600),
    "links": _FLAGS.__contains__,
    "preview": _FLAGS.__contains__,
    "sidecar": _FLAGS.__contains__,
    "max_credits_per_job": _is_number,
    "max_credits_per_day": _is_number,
    "max_jobs_per_day": lambda text: text.isdecimal() and _is_number(text),
    "confirm_above_credits": _is_number,
    "log_level": frozenset({"DEBUG", "INFO", "WARNING", "ERROR"}).__contains__,
    "log_format": frozenset({"text", "json"}).__contains__,
    "api_style": frozenset({"jobs", "seed", "legacy"}).__contains__,
    "callback_url": lambda _: False,
    "allow_fake_ip": _FLAGS.__contains__,
}
"""By the names of the settings: whether a text is certainly right. Raises ValueError if it is wrong."""


def _find_home(variables: Mapping[str, str]) -> str | None:
    """Return the home folder; None if it is not as it usually is. Windows knows it from elsewhere."""
    if os.name == "nt":
        return ""
    home = variables.get("HOME", "")
    return home if home.startswith("/") and not describe_path(home) else None


def _has_plain_pictures(variables: Mapping[str, str], home: str) -> bool:
    """Return whether the pictures folder is certainly known. On Windows and macOS it is asked of the system."""
    if os.name == "nt" or sys.platform == "darwin":
        return True
    for name in ("XDG_PICTURES_DIR", "XDG_CONFIG_HOME"):
        if variables.get(name):
            return False  # few set them
    try:
        with open(f"{home}/.config/user-dirs.dirs", encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes long
            found = [_USER_FOLDER.fullmatch(line.strip()) for line in file.read(10_000).splitlines()]
    except FileNotFoundError:
        return True
    names = [line and line[1] for line in found if line is None or line[1]]
    return None not in names and len(names) == len(set(names))


def _find_state_folder(variables: Mapping[str, str], home: str) -> str:
    """Return the default of the state folder, as platformdirs finds it; to load that takes longer than all of this."""
    if sys.platform == "linux":
        base = variables.get("XDG_STATE_HOME", "")
        return f"{base if base.strip() else f'{home}/.local/state'}/{APP}"
    import platformdirs

    return platformdirs.user_state_dir(APP)
