"""What can be set from outside: the only place that reads the environment, once, at the start."""

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

from kie_mcp.errors import KieError
from kie_mcp.file_system import unwritable
from kie_mcp.kie.client import API, UPLOADS, KieClient
from kie_mcp.kie.network import Network
from kie_mcp.text import SECRET_LENGTH
from kie_mcp.urls import shown_url

SECRETS = ("KIE_API_KEY", "KIE_HTTP_TOKEN")
"""Variables whose values are never shown."""
SANDBOX_KEY = "sandbox"
"""The key that `--sandbox` and the demo use: it opens nothing but a sandbox."""


_LIKE_A_KEY = re.compile(rf"(?=[\w-]*\d)[\w-]{{{SECRET_LENGTH},}}|[\w-]{{24,}}")
"""A run that is too long for a word; what is hidden without need is still named by its setting."""


class SettingsError(KieError):
    """A setting cannot be used; says which, what was given and what is allowed."""

    category = "settings"


def unusable_port(host: str, port: int, error: OSError) -> SettingsError:
    """Return what to say of a port that cannot be listened on."""
    why = os.strerror(error.errno).lower() if error.errno else str(error)
    message = f"Port {port} of {host} cannot be used ({why})."
    return SettingsError(message, remedy="Choose another with --port N; 0 picks a free one.")


def _base_url(value: str) -> str:
    parts = urlsplit(value.strip().rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError(f"must be a URL such as {API}")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must be a plain URL, without a user, a query or a fragment")
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise ValueError("must be https: plain http is for this machine only")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = parts.port in {None, 443 if parts.scheme == "https" else 80}
    # As httpx writes it, since it is compared with that.
    return parts._replace(netloc=host if usual else f"{host}:{parts.port}").geturl()


def _folder(value: str | Path) -> Path:
    try:
        path = Path(value).expanduser()
    except RuntimeError:
        raise ValueError("names a home folder, and it is not known where that is: give the whole path") from None
    if not path.is_absolute():
        raise ValueError("must be an absolute path: clients start a server in folders of their own")
    if problem := _unnameable(str(path)):
        raise ValueError(problem)
    return path


def _unnameable(path: str) -> str:
    """Say why a path can be neither used nor written down; empty if it can."""
    if problem := unwritable(path):
        return problem
    try:
        return "holds a character that no path has" if b"\0" in os.fsencode(path) else ""
    except UnicodeEncodeError:
        return f"has letters that the encoding of this system, {sys.getfilesystemencoding()}, lacks: set PYTHONUTF8=1"


def _header_text(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError("must be letters, digits and signs of ASCII without spaces: it is sent as a header")
    return value


_BLANK = "KIE_HTTP_TOKEN: is set and blank, so every program of this machine would be let in."
_NOT_BLANK = "Give it a token and start again; or unset it, if they all may call."

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Secret = Annotated[SecretStr, AfterValidator(_header_text)]
BaseURL = Annotated[str, BeforeValidator(_base_url)]
Folder = Annotated[Path, BeforeValidator(_folder)]


_HOMELESS = "is in the home folder, which is not known"


def _default(name: str, find: Callable[[], Path]) -> Path:
    """A folder that nobody set. Raises SettingsError if the system does not lead to one that can be used."""
    path = Path()
    try:
        path = find()
        problem = _unnameable(str(path)) if path.is_absolute() else _HOMELESS
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


def _home_folders() -> tuple[Path, ...]:
    """Nobody's files are read where nobody is at home."""
    with suppress(RuntimeError, KeyError):
        home = Path.home()
        if home.is_absolute():
            names = ("Pictures", "Music", "Videos", "Downloads", "Desktop", "Documents")
            return tuple(_default("KIE_INPUT_ROOTS", lambda: home).joinpath(name) for name in names)
    return ()


def _output_folder() -> Path:
    return _default("KIE_OUTPUT_DIR", lambda: platformdirs.user_pictures_path() / "kie")


def _state_folder() -> Path:
    return _default("KIE_STATE_DIR", lambda: platformdirs.user_state_path("kie-mcp"))


class Settings(BaseModel):
    """Everything that can be set; the field `api_key` is set by `KIE_API_KEY`, and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_key: Secret | None = None
    api_base_url: BaseURL = API
    upload_base_url: BaseURL = UPLOADS
    output_dir: Folder = Field(default_factory=_output_folder)
    http_token: Secret | None = None
    """What callers over HTTP have to show; without one, whoever reaches the port is let in."""
    state_dir: Folder = Field(default_factory=_state_folder)
    input_roots: tuple[Folder, ...] = Field(default_factory=_home_folders)
    wait_seconds: Annotated[float, Field(ge=0, le=600)] | None = None
    links: bool | None = None
    """Whether answers carry links to outputs, like `preview` over what is known of the client."""
    preview: bool | None = None
    sidecar: bool = False
    log_level: LogLevel = "WARNING"
    allow_fake_ip: bool = False
    """Whether files are fetched from 198.18.0.0/15, where a tunnel answers for the DNS."""
    _network: Network = PrivateAttr(default_factory=Network)

    @property
    def network(self) -> Network:
        """What is set for every program of this computer, proxies and certificates; no setting of ours."""
        return self._network

    def with_network(self, network: Network) -> "Settings":
        """The same settings on another network."""
        copy = self.model_copy()
        copy._network = replace(network, allow_fake_ip=self.allow_fake_ip)
        return copy

    @property
    def plain_host(self) -> str | None:
        """The "host:port" that is spoken to in plain http, because it is on this computer; None if there is none."""
        parts = urlsplit(self.api_base_url)
        return parts.netloc if parts.scheme == "http" else None

    @property
    def account(self) -> str:
        """Hash of base URL and key: what keeps the jobs of different accounts apart."""
        key = self.api_key.get_secret_value() if self.api_key else ""
        return hashlib.sha256(f"{self.api_base_url}\n{key}".encode()).hexdigest()[:16]

    @property
    def ledger_path(self) -> Path:
        """The file that remembers the jobs."""
        return self.state_dir / "jobs.sqlite3"

    def make_client(self, *, sandbox: bool = False) -> KieClient:
        """Make a client of Kie.ai; nothing is opened yet. `sandbox`: whether the other side is one of our own."""
        return KieClient(
            self.api_key,
            base_url=self.api_base_url,
            upload_base_url=self.upload_base_url,
            network=self.network,
            sandbox=True if sandbox else None,
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, *, http: bool = False) -> "Settings":
        """Read the `KIE_…` variables, an empty one counts as not set, and what all programs obey: proxies and such.

        `http`: whether callers come over HTTP. Then a token that is set and blank is refused: whoever set it wanted
        callers to show one. Raises SettingsError.
        """
        if http and not environ.get("KIE_HTTP_TOKEN", "unset").strip():
            raise SettingsError(_BLANK, remedy=_NOT_BLANK)
        given: dict[str, object] = {}
        for field in cls.model_fields:
            text = environ.get(f"KIE_{field.upper()}", "").strip()
            if problem := unwritable(text):
                raise SettingsError(f"KIE_{field.upper()}: {problem}.", remedy="Correct it and start again.")
            if text:
                given[field] = _entries(text) if field == "input_roots" else text
        if isinstance(level := given.get("log_level"), str):
            given["log_level"] = level.upper()
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            words = _explain(error, str(given.get("api_key", "")))
            raise SettingsError(words, remedy="Correct it and start again.") from None
        return settings.with_network(_network(environ))


def _entries(text: str) -> list[str]:
    """Take a list of folders apart; what an unset variable has left blank in it is none."""
    return [entry.strip() for entry in text.split(os.pathsep) if entry.strip()]


def _network(environ: Mapping[str, str]) -> Network:
    """How the internet is reached. Proxies as urllib finds them, so that it is the same as for other programs."""
    # Where a server runs as CGI, whoever calls it sets HTTP_PROXY; the one for https is out of their reach.
    proxies = {scheme: _either(environ, f"{scheme}_proxy") for scheme in ("https", "all", "no")}
    if environ is os.environ and sys.platform in {"darwin", "win32"} and not proxies["https"] + proxies["all"]:
        from urllib.request import getproxies  # what was set for the whole computer; slow to load

        proxies = {**getproxies(), "no": proxies["no"]}
    return replace(
        Network.of(proxies),
        ca_file=environ.get("SSL_CERT_FILE", "").strip(),
        ca_dirs=tuple(filter(None, environ.get("SSL_CERT_DIR", "").split(os.pathsep))),
    )


def _either(environ: Mapping[str, str], name: str) -> str:
    """The one in small letters wins, also if it is empty: that is how a proxy is switched off."""
    return environ.get(name, environ.get(name.upper(), "")).strip()


def _explain(error: ValidationError, key: str) -> str:
    lines: list[str] = []
    for problem in error.errors(include_url=False):
        name = f"KIE_{str(problem['loc'][0]).upper()}"
        ours = problem.get("ctx", {}).get("error")  # what a validator here raised, without pydantic's words around it
        lines.append(f"{name}: {ours or problem['msg']}{_given(name, str(problem['input']), key)}")
    return "; ".join(lines)


def _given(name: str, value: str, key: str) -> str:
    """What was given, in brackets. A key may have been pasted into the wrong setting, and a URL may hold a password."""
    if name in SECRETS:
        return ""
    if (key and key.casefold() in value.casefold()) or _LIKE_A_KEY.search(value):
        return " (what was given is not shown: it looks like a key)"
    return f" (given: {shown_url(value) if name.endswith('_URL') else repr(value)})"
