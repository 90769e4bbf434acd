"""What can be set from outside: the only place that reads the environment, once, at the start."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from kie_mcp.addresses import shown_url
from kie_mcp.errors import KieError

SANDBOX_KEY = "sandbox"
"""The key that `--sandbox` and the demo use: it opens nothing but a sandbox."""


class SettingsError(KieError):
    """A setting cannot be used; says which, what was given and what is allowed."""

    category = "settings"


def _base_url(value: str) -> str:
    parts = urlsplit(value.strip().rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be a URL such as https://api.kie.ai")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must be a plain URL, without a user, a query or a fragment")
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise ValueError("must be https: plain http is for a sandbox on this machine")
    return parts.geturl()


def _folder(value: str | Path) -> Path:
    path = Path(value).expanduser()
    if not path.is_absolute():
        raise ValueError("must be an absolute path: clients start a server in folders of their own")
    return path


BaseURL = Annotated[str, BeforeValidator(_base_url)]
Folder = Annotated[Path, BeforeValidator(_folder)]


def _home_folders() -> tuple[Path, ...]:
    home = Path.home()
    return tuple(home / name for name in ("Pictures", "Music", "Videos", "Downloads", "Desktop", "Documents"))


class Settings(BaseModel):
    """Everything that can be set; the field `api_key` is set by `KIE_API_KEY`, and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: SecretStr | None = None
    api_base_url: BaseURL = "https://api.kie.ai"
    upload_base_url: BaseURL = "https://kieai.redpandaai.co"
    output_dir: Folder = Field(default_factory=lambda: platformdirs.user_pictures_path() / "kie")
    state_dir: Folder = Field(default_factory=lambda: platformdirs.user_state_path("kie-mcp"))
    input_roots: tuple[Folder, ...] = Field(default_factory=_home_folders)
    wait_seconds: Annotated[float, Field(ge=0, le=600)] | None = None
    links: bool | None = None
    """Whether answers carry links to outputs, like `preview` over what is known of the client."""
    preview: bool | None = None
    sidecar: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"

    @property
    def sandbox(self) -> bool:
        """Whether the other side is a sandbox: plain http is spoken with nothing else."""
        return self.api_base_url.startswith("http://")

    @property
    def account(self) -> str:
        """Hash of base URL and key: what keeps the jobs of different accounts apart."""
        key = self.api_key.get_secret_value() if self.api_key else ""
        return hashlib.sha256(f"{self.api_base_url}\n{key}".encode()).hexdigest()[:16]

    @property
    def ledger_path(self) -> Path:
        """The file that remembers the jobs."""
        return self.state_dir / "jobs.sqlite3"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the `KIE_…` variables; an empty one counts as not set."""
        given: dict[str, object] = {}
        for field in cls.model_fields:
            text = environ.get(f"KIE_{field.upper()}", "").strip()
            if text:
                given[field] = text.split(os.pathsep) if field == "input_roots" else text
        if isinstance(level := given.get("log_level"), str):
            given["log_level"] = level.upper()
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise SettingsError(_explain(error), remedy="Correct it and start again.") from None


def _explain(error: ValidationError) -> str:
    lines: list[str] = []
    for problem in error.errors(include_url=False):
        name = f"KIE_{str(problem['loc'][0]).upper()}"
        value = str(problem["input"])
        shown = shown_url(value) if name.endswith("_URL") else repr(value)  # a URL may hold a password
        given = "" if name == "KIE_API_KEY" else f" (given: {shown})"
        lines.append(f"{name}: {problem['msg'].removeprefix('Value error, ')}{given}")
    return "; ".join(lines)
