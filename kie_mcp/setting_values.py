"""Define the values that settings may have: how each is read from text, checked, and found where it is not set."""

import configparser
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from kie_mcp.errors import KieError, OrderError
from kie_mcp.file_system import describe_undecodable
from kie_mcp.kie.client import API
from kie_mcp.urls import check_url


class SettingsError(KieError):
    """A setting cannot be used; the message says which, what was given and what is allowed."""

    category = "settings"


def unusable_port_error(host: str, port: int, error: OSError) -> SettingsError:
    """Return the error for a port on which the server cannot listen."""
    why = os.strerror(error.errno).lower() if error.errno else str(error)
    message = f"Port {port} of {host} cannot be used ({why})."
    return SettingsError(message, remedy="Choose another with --port N; 0 picks a free one.")


def _parse_base_url(value: str) -> str:
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


def _check_callback_url(value: str) -> str:
    try:
        return check_url(value, argument="KIE_CALLBACK_URL")
    except OrderError:  # its words show the URL, which may be a secret
        raise ValueError("must be an https URL of a public host, so that Kie.ai can call it") from None


def _parse_folder(value: str | Path) -> Path:
    try:
        path = Path(value).expanduser()
    except RuntimeError:
        raise ValueError("names a home folder, and it is not known where that is: give the whole path") from None
    if not path.is_absolute():
        raise ValueError("must be an absolute path: clients start a server in folders of their own")
    if problem := _path_problem(str(path)):
        raise ValueError(problem)
    return path


def _path_problem(path: str) -> str:
    """Say why a path can be neither used nor written down; empty if it can."""
    if problem := describe_undecodable(path):
        return problem
    try:
        return "holds a character that no path has" if b"\0" in os.fsencode(path) else ""
    except UnicodeEncodeError:
        return f"has letters that the encoding of this system, {sys.getfilesystemencoding()}, lacks: set PYTHONUTF8=1"


def _check_header_text(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError("must be letters, digits and signs of ASCII without spaces: it is sent as a header")
    return value


LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
LogFormat = Literal["text", "json"]
Secret = Annotated[SecretStr, AfterValidator(_check_header_text)]
BaseURL = Annotated[str, BeforeValidator(_parse_base_url)]
CallbackURL = Annotated[str, AfterValidator(_check_callback_url)]
Folder = Annotated[Path, BeforeValidator(_parse_folder)]
Credits = Annotated[float, Field(ge=0, allow_inf_nan=False)]

_HOMELESS = "is in the home folder, which is not known"


def _find_default(name: str, find: Callable[[], Path]) -> Path:
    """Return the default of a folder that is not set. Raises SettingsError if the system's answer cannot be used."""
    path = Path()
    try:
        path = find()
        problem = _path_problem(str(path)) if path.is_absolute() else _HOMELESS
    except (RuntimeError, KeyError):
        problem = _HOMELESS
    except (OSError, ValueError, configparser.Error) as error:
        problem = f"cannot be found out ({type(error).__name__})"
    if problem:
        raise SettingsError(
            f"{name} is not set, and the default{f' {str(path)!r}' if path.is_absolute() else ''} {problem}.",
            remedy=f"Set {name} to an absolute path, or HOME to your home folder, and start again.",
        )
    return path


def find_home_folders() -> tuple[Path, ...]:
    """Return the user's own folders; none if the home folder is not known."""
    with suppress(RuntimeError, KeyError):
        home = Path.home()
        if home.is_absolute():
            names = ("Pictures", "Music", "Videos", "Downloads", "Desktop", "Documents")
            return tuple(_find_default("KIE_INPUT_ROOTS", lambda: home).joinpath(name) for name in names)
    return ()


def find_output_folder() -> Path:
    """Return `kie` in the user's pictures folder. Raises SettingsError if that is not known."""
    return _find_default("KIE_OUTPUT_DIR", lambda: platformdirs.user_pictures_path() / "kie")


def find_state_folder() -> Path:
    """Return the folder in which this system keeps what programs remember. Raises SettingsError if it is not known."""
    return _find_default("KIE_STATE_DIR", lambda: platformdirs.user_state_path("kie-mcp"))
