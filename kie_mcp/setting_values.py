"""Define the values that settings may have: how each is read from text, checked, and found where it is not set."""

import configparser
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from kie_mcp.errors import KieError, OrderError
from kie_mcp.setting_checks import APP, check_base_url, check_folder, check_header, describe_path
from kie_mcp.urls import check_url


class SettingsError(KieError):
    """A setting, or an option of the command line, cannot be used; the message says which, and what is allowed."""

    category = "settings"


def unusable_port_error(host: str, port: int, error: OSError) -> SettingsError:
    """Return the error for a port on which the server cannot listen."""
    why = os.strerror(error.errno).lower() if error.errno else str(error)
    message = f"Port {port} of {host} cannot be used ({why})."
    return SettingsError(message, remedy="Choose another with --port N; 0 picks a free one.")


def _check_callback_url(value: str) -> str:
    try:
        return check_url(value, argument="KIE_CALLBACK_URL")
    except OrderError:  # its words show the URL, which may be a secret
        raise ValueError("must be an https URL of a public host, so that Kie.ai can call it") from None


def _parse_folder(value: str | Path) -> Path:
    return Path(check_folder(str(value)))


def _check_header_text(value: SecretStr) -> SecretStr:
    check_header(value.get_secret_value())
    return value


LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
LogFormat = Literal["text", "json"]
Secret = Annotated[SecretStr, AfterValidator(_check_header_text)]
BaseURL = Annotated[str, BeforeValidator(check_base_url)]
CallbackURL = Annotated[str, AfterValidator(_check_callback_url)]
Folder = Annotated[Path, BeforeValidator(_parse_folder)]
Credits = Annotated[float, Field(ge=0, allow_inf_nan=False)]

_HOMELESS = "is in the home folder, which is not known"


def _find_default(name: str, find: Callable[[], Path]) -> Path:
    """Return the default of a folder that is not set. Raises SettingsError if the system's answer cannot be used."""
    path = Path()
    try:
        path = find()
        problem = describe_path(str(path)) if path.is_absolute() else _HOMELESS
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
    return _find_default("KIE_STATE_DIR", lambda: platformdirs.user_state_path(APP))
