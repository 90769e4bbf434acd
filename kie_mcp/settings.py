"""Read the settings: the only place that reads the environment, once, at the start."""

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
)

from kie_mcp.jobs.budget import Limits
from kie_mcp.kie.addresses import API, UPLOADS
from kie_mcp.kie.api_styles.styles import StyleName
from kie_mcp.kie.client import KieClient
from kie_mcp.kie.network_settings import Network
from kie_mcp.setting_checks import LEDGER_FILE, describe_undecodable, hash_account, read_setting
from kie_mcp.setting_values import (
    BaseURL,
    CallbackURL,
    Credits,
    Folder,
    LogFormat,
    LogLevel,
    Secret,
    SettingsError,
    find_home_folders,
    find_output_folder,
    find_state_folder,
)
from kie_mcp.telemetry.signals import Signals, read_signals
from kie_mcp.text import SECRET_LENGTH
from kie_mcp.urls import quote_url

SECRETS = ("KIE_API_KEY", "KIE_HTTP_TOKEN")
"""Variables whose values are never shown."""
SANDBOX_KEY = "sandbox"
"""The key that `--sandbox` and the demo use; Kie.ai itself does not accept it."""

_LIKE_A_KEY = re.compile(rf"(?=[\w-]*\d)[\w-]{{{SECRET_LENGTH},}}|[\w-]{{24,}}")
"""Letters and digits that are too long for a word. If more is hidden than need be, the setting is still named."""


_BLANK = "KIE_HTTP_TOKEN: is set to no token, so every program of this machine would be let in."
_NOT_BLANK = "Set it to a token and start again; or unset it, if they all may call."


class Settings(BaseModel):
    """Everything that can be set. Each field is set by a variable: `api_key` by `KIE_API_KEY`, and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_key: Secret | None = None
    api_base_url: BaseURL = API
    upload_base_url: BaseURL = UPLOADS
    output_dir: Folder = Field(default_factory=find_output_folder)
    http_token: Secret | None = None
    """The token that callers over HTTP have to send; None lets in everybody who reaches the port."""
    state_dir: Folder = Field(default_factory=find_state_folder)
    input_roots: tuple[Folder, ...] = Field(default_factory=find_home_folders)
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
    log_format: LogFormat = "text"
    """How the log is written to standard error: lines for people, or a JSON object in each."""
    api_style: StyleName = "jobs"
    """How create calls are written: with live ids and fields, as the specification has them, or its legacy calls."""
    callback_url: CallbackURL | None = None
    """Where Kie.ai tells of the end of each job that is ordered by the jobs API."""
    allow_fake_ip: bool = False
    """Whether files are fetched from addresses in 198.18.0.0/15, which some proxies answer in place of the DNS."""
    _network: Network = PrivateAttr(default_factory=Network)
    _telemetry: Signals = PrivateAttr(default_factory=Signals)

    @property
    def network(self) -> Network:
        """The proxies and certificates that are set for all programs of this computer."""
        return self._network

    @property
    def telemetry(self) -> Signals:
        """What is exported of the jobs; off, unless OpenTelemetry's own variables ask for it."""
        return self._telemetry

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that are never shown."""
        return tuple(one.get_secret_value() for one in (self.api_key, self.http_token) if one)

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
        return hash_account(self.api_base_url, key)

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
        return self.state_dir / LEDGER_FILE

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
        """Read the `KIE_…` variables, and the variables for proxies and certificates.

        One that is empty, or that a client did not fill in, counts as not set.

        Args:
            environ: The variables.
            http: Whether callers come over HTTP. A token that is set but blank is refused then, because whoever set
                it wants callers to send one.

        Raises SettingsError if a variable cannot be used.
        """
        if http and "KIE_HTTP_TOKEN" in environ and not read_setting(environ, "http_token"):
            raise SettingsError(_BLANK, remedy=_NOT_BLANK)
        given: dict[str, object] = {}
        for field in cls.model_fields:
            text = read_setting(environ, field)
            if problem := describe_undecodable(text):
                raise SettingsError(f"KIE_{field.upper()}: {problem}.", remedy="Correct it and start again.")
            if text:
                given[field] = _split_folders(text) if field == "input_roots" else text
        for field, spell in (("log_level", str.upper), ("log_format", str.lower)):
            if isinstance(word := given.get(field), str):
                given[field] = spell(word)
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            words = _explain_problems(error, str(given.get("api_key", "")))
            raise SettingsError(words, remedy="Correct it and start again.") from None
        settings._telemetry = read_signals(environ)
        return settings.with_network(_read_network(environ))


def read_variables(names: Iterable[str], environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Read variables that are set and not empty, such as those that say where other programs keep their files."""
    return {name: text for name in names if (text := environ.get(name, "").strip())}


def check_key(text: str) -> str:
    """Return a key that can be sent. Raises SettingsError, which does not show it."""
    try:
        return TypeAdapter(Secret).validate_python(text.strip()).get_secret_value()
    except ValidationError:
        problem = "The key must be letters, digits and signs of ASCII without spaces: it is sent as a header."
        raise SettingsError(problem, remedy="Give the key alone, as https://kie.ai/api-key shows it.") from None


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
