"""Read the settings: the only place that reads the environment, once, at the start."""

import configparser
import hashlib
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
)

from kie_mcp.errors import KieError, OrderError
from kie_mcp.file_system import describe_undecodable
from kie_mcp.jobs.budget import Limits
from kie_mcp.kie.api_styles.styles import StyleName
from kie_mcp.kie.client import API, UPLOADS, KieClient
from kie_mcp.kie.network_settings import Network
from kie_mcp.text import SECRET_LENGTH
from kie_mcp.urls import check_url, quote_url

SECRETS = ("KIE_API_KEY", "KIE_HTTP_TOKEN")
"""Variables whose values are never shown."""
SANDBOX_KEY = "sandbox"
"""The key that `--sandbox` and the demo use; Kie.ai itself does not accept it."""

_LIKE_A_KEY = re.compile(rf"(?=[\w-]*\d)[\w-]{{{SECRET_LENGTH},}}|[\w-]{{24,}}")
"""Letters and digits that are too long for a word. If more is hidden than need be, the setting is still named."""


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


_BLANK = "KIE_HTTP_TOKEN: is set and blank, so every program of this machine would be let in."
_NOT_BLANK = "Set it to a token and start again; or unset it, if they all may call."

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
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


def _find_home_folders() -> tuple[Path, ...]:
    """Return the user's own folders; none if the home folder is not known."""
    with suppress(RuntimeError, KeyError):
        home = Path.home()
        if home.is_absolute():
            names = ("Pictures", "Music", "Videos", "Downloads", "Desktop", "Documents")
            return tuple(_find_default("KIE_INPUT_ROOTS", lambda: home).joinpath(name) for name in names)
    return ()


def _find_output_folder() -> Path:
    return _find_default("KIE_OUTPUT_DIR", lambda: platformdirs.user_pictures_path() / "kie")


def _find_state_folder() -> Path:
    return _find_default("KIE_STATE_DIR", lambda: platformdirs.user_state_path("kie-mcp"))


class Settings(BaseModel):
    """Everything that can be set. Each field is set by a variable: `api_key` by `KIE_API_KEY`, and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_key: Secret | None = None
    api_base_url: BaseURL = API
    upload_base_url: BaseURL = UPLOADS
    output_dir: Folder = Field(default_factory=_find_output_folder)
    http_token: Secret | None = None
    """The token that callers over HTTP have to send; None lets in everybody who reaches the port."""
    state_dir: Folder = Field(default_factory=_find_state_folder)
    input_roots: tuple[Folder, ...] = Field(default_factory=_find_home_folders)
    wait_seconds: Annotated[float, Field(ge=0, le=600)] | None = None
    links: bool | None = None
    """Whether answers carry links to outputs; None decides by what is known of the client."""
    preview: bool | None = None
    """Whether answers carry a small picture of the output; None decides by what is known of the client."""
    sidecar: bool = False
    max_credits_per_job: Credits | None = None
    """For one call, its parts included; None is no limit, as for the two below."""
    max_credits_per_day: Credits | None = None
    """A day begins at 00:00 UTC."""
    max_jobs_per_day: Annotated[int, Field(ge=0)] | None = None
    confirm_above_credits: Credits | None = None
    """The person is asked before one call orders what may cost more; None never asks."""
    log_level: LogLevel = "WARNING"
    api_style: StyleName = "jobs"
    """How create calls are written: with live ids and fields, as the specification has them, or its legacy calls."""
    callback_url: CallbackURL | None = None
    """Where Kie.ai tells of the end of each job that is ordered by the jobs API."""
    allow_fake_ip: bool = False
    """Whether files are fetched from addresses in 198.18.0.0/15, which some proxies answer in place of the DNS."""
    _network: Network = PrivateAttr(default_factory=Network)

    @property
    def network(self) -> Network:
        """The proxies and certificates that are set for all programs of this computer."""
        return self._network

    def with_network(self, network: Network) -> "Settings":
        """Return a copy of these settings with other proxies and certificates."""
        copy = self.model_copy()
        copy._network = replace(network, allow_fake_ip=self.allow_fake_ip)
        return copy

    @property
    def plain_host(self) -> str | None:
        """The "host:port" of an API on this computer, which is used over plain http; None if the API is over https."""
        parts = urlsplit(self.api_base_url)
        return parts.netloc if parts.scheme == "http" else None

    @property
    def account(self) -> str:
        """A hash of base URL and key, which keeps the jobs of different accounts apart."""
        key = self.api_key.get_secret_value() if self.api_key else ""
        return hashlib.sha256(f"{self.api_base_url}\n{key}".encode()).hexdigest()[:16]

    @property
    def limits(self) -> Limits:
        """What may be spent at most."""
        return Limits(
            credits_per_job=self.max_credits_per_job,
            credits_per_day=self.max_credits_per_day,
            jobs_per_day=self.max_jobs_per_day,
        )

    @property
    def ledger_path(self) -> Path:
        """The path of the ledger's file."""
        return self.state_dir / "jobs.sqlite3"

    @property
    def market_path(self) -> Path | None:
        """The folder that keeps what this Kie.ai has said of its models, which is the same for every key.

        None for an API on this computer: a sandbox has another address each time, and is asked again at no cost.
        """
        if self.plain_host:
            return None
        return self.state_dir / "market" / hashlib.sha256(self.api_base_url.encode()).hexdigest()[:16]

    def make_client(self, *, sandbox: bool = False) -> KieClient:
        """Make a client of Kie.ai, without connecting. `sandbox`: whether a sandbox of this process answers it."""
        return KieClient(
            self.api_key,
            base_url=self.api_base_url,
            upload_base_url=self.upload_base_url,
            network=self.network,
            sandbox=True if sandbox else None,
            api_style=self.api_style,
            callback_url=self.callback_url,
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, *, http: bool = False) -> "Settings":
        """Read the `KIE_…` variables, and the variables for proxies and certificates; an empty one counts as not set.

        Args:
            environ: The variables.
            http: Whether callers come over HTTP. A token that is set but blank is refused then, because whoever set
                it wants callers to send one.

        Raises SettingsError if a variable cannot be used.
        """
        if http and not environ.get("KIE_HTTP_TOKEN", "unset").strip():
            raise SettingsError(_BLANK, remedy=_NOT_BLANK)
        given: dict[str, object] = {}
        for field in cls.model_fields:
            text = environ.get(f"KIE_{field.upper()}", "").strip()
            if problem := describe_undecodable(text):
                raise SettingsError(f"KIE_{field.upper()}: {problem}.", remedy="Correct it and start again.")
            if text:
                given[field] = _split_folders(text) if field == "input_roots" else text
        if isinstance(level := given.get("log_level"), str):
            given["log_level"] = level.upper()
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            words = _explain_problems(error, str(given.get("api_key", "")))
            raise SettingsError(words, remedy="Correct it and start again.") from None
        return settings.with_network(_read_network(environ))


def _split_folders(text: str) -> list[str]:
    """Split a list of folders; blank entries, which an unset variable leaves, are dropped."""
    return [entry.strip() for entry in text.split(os.pathsep) if entry.strip()]


def _read_network(environ: Mapping[str, str]) -> Network:
    """Read proxies and certificates. Proxies are found as urllib finds them, so that all programs use the same."""
    # HTTP_PROXY is not read: a caller of a CGI program can set it by a header. HTTPS_PROXY cannot be set like that.
    proxies = {scheme: _read_any_case(environ, f"{scheme}_proxy") for scheme in ("https", "all", "no")}
    if environ is os.environ and sys.platform in {"darwin", "win32"} and not proxies["https"] + proxies["all"]:
        from urllib.request import getproxies  # what is set for the whole computer; slow to load

        proxies = {**getproxies(), "no": proxies["no"]}
    return replace(
        Network.of(proxies),
        ca_file=environ.get("SSL_CERT_FILE", "").strip(),
        ca_dirs=tuple(filter(None, environ.get("SSL_CERT_DIR", "").split(os.pathsep))),
    )


def _read_any_case(environ: Mapping[str, str], name: str) -> str:
    """Read a variable whose name may be in lower or upper case. Lower case wins, also if empty: so a proxy is off."""
    return environ.get(name, environ.get(name.upper(), "")).strip()


def _explain_problems(error: ValidationError, key: str) -> str:
    lines: list[str] = []
    for problem in error.errors(include_url=False):
        name = f"KIE_{str(problem['loc'][0]).upper()}"
        ours = problem.get("ctx", {}).get("error")  # what a validator of this file raised, without pydantic's words
        lines.append(f"{name}: {ours or problem['msg']}{_show_given(name, str(problem['input']), key)}")
    return "; ".join(lines)


def _show_given(name: str, value: str, key: str) -> str:
    """Show in brackets what was given, without secrets: a key in the wrong setting, a password in a URL."""
    if name in SECRETS:
        return ""
    if (key and key.casefold() in value.casefold()) or _LIKE_A_KEY.search(value):
        return " (what was given is not shown: it looks like a key)"
    return f" (given: {quote_url(value) if name.endswith('_URL') else repr(value)})"
