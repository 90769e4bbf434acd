"""Settings are certainly right only if the real settings take them, with the same account and ledger."""

import os
import shutil
from pathlib import Path

import pytest

from kie_mcp.greeting.plain_settings import CHECKS, is_usable, read_plain_settings
from kie_mcp.jobs.store import schema
from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import Settings

VALUES = (
    *(
        "x",
        "",
        " ",
        "0",
        "1",
        "-1",
        "3",
        "2.5",
        "600",
        "601",
        "1e3",
        "nan",
        "inf",
        "9" * 12,
        "true",
        "TRUE",
        "no",
        "soon",
    ),
    *(
        "${KIE_API_KEY}",
        "jobs",
        "seed",
        "legacy",
        "Jobs",
        "DEBUG",
        "debug",
        "LOUD",
        "key-1",
        "a key",
        "k\u00e9y",
        "bad\udcff",
        "a\tb",
    ),
    *("/tmp/x", "tmp/x", "~/x", "~nobody-at-all/x", "/tmp/\udcfc", "/tmp/\u00fc", "/a:/b", "/a:b", "/" + "x" * 300),
    *("https://api.kie.ai", "https://a.example/", "http://a.example", "http://127.0.0.1:9", "http://LOCALHOST:80/"),
    *(
        "https://u:p@a.example",
        "https://a.example:0",
        "https://a.example?q",
        "https://[::1]:8",
        "https://[::1",
        "ftp://a",
    ),
    *("https://a\udcff.example", "https://a.example:99999"),
)
HOMES: tuple[dict[str, str], ...] = (
    {},
    {"HOME": "relative"},
    {"HOME": "/tmp/\udcfc"},
    {"HOME": "/tmp", "XDG_STATE_HOME": "/tmp/state"},
    {"HOME": "/tmp", "XDG_STATE_HOME": "/tmp/\udcfc"},
    {"HOME": "/tmp", "XDG_STATE_HOME": "state"},
    {"HOME": "/tmp", "XDG_PICTURES_DIR": "/tmp/\udcfc"},
    {"HOME": "/tmp/", "KIE_STATE_DIR": "/tmp/s//t/"},
)


def agree(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Return whether the start takes these settings; then the real settings must."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_PICTURES_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        if not name.startswith("KIE_"):
            monkeypatch.setenv(name, value)
    plain = read_plain_settings(environ)
    if plain is not None:
        real = Settings.from_environment(environ)
        assert (plain.account, Path(plain.ledger_path)) == (real.account, real.ledger_path)
    return plain is not None


@pytest.mark.parametrize("name", CHECKS)
def test_what_the_start_takes_the_settings_take(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = [agree({"HOME": "/tmp", f"KIE_{name.upper()}": value}, monkeypatch) for value in VALUES]
    assert any(taken)
    assert not all(taken)


@pytest.mark.skipif(os.name != "posix", reason="these variables are not Windows'")
@pytest.mark.parametrize("given", HOMES, ids=str)
def test_a_home_that_is_not_as_usual_is_left_to_the_settings(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(given, monkeypatch)


def test_every_setting_is_checked() -> None:
    assert set(CHECKS) == set(Settings.model_fields)


@pytest.mark.skipif(os.name != "posix", reason="only there is such a file")
@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ('# a comment\nXDG_PICTURES_DIR="$HOME/Bilder"\n\nXDG_MUSIC_DIR="$HOME/Musik"\n', True),
        ('XDG_PICTURES_DIR="/mnt/pictures"', True),
        ('XDG_PICTURES_DIR="$HOME/%x"', False),
        ('XDG_PICTURES_DIR="$HOME/a"\nXDG_PICTURES_DIR="$HOME/b"', False),
        ("XDG_PICTURES_DIR=relative", False),
        ("[what]", False),
    ],
)
def test_the_file_of_the_user_s_folders(
    text: str, plain: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".config"
    folder.mkdir()
    (folder / "user-dirs.dirs").write_text(text)
    assert agree({"HOME": str(tmp_path)}, monkeypatch) == plain


def test_a_ledger_that_is_not_as_it_should_be_is_left_to_the_server(tmp_path: Path) -> None:
    plain = read_plain_settings({"HOME": str(tmp_path), "KIE_STATE_DIR": str(tmp_path / "state")})
    assert plain
    version, path = len(schema.MIGRATIONS), Path(plain.ledger_path)
    assert is_usable(plain, version), "it is made"
    schema.connect(path).close()
    assert is_usable(plain, version)
    assert not is_usable(plain, version + 1)
    path.write_bytes(b"somebody else's " * 9)
    assert not is_usable(plain, version)
    shutil.rmtree(path.parent)
    path.parent.write_text("no folder")
    assert not is_usable(plain, version)


def test_a_wrong_setting_is_still_an_error() -> None:
    assert read_plain_settings({"HOME": "/tmp", "KIE_WAIT_SECONDS": "soon"}) is None
    with pytest.raises(SettingsError):
        Settings.from_environment({"KIE_WAIT_SECONDS": "soon"})


@pytest.mark.parametrize("unfilled", ["${KIE_API_KEY}", "${user_config.api_key}", "${input:kie-api-key}"])
def test_what_a_client_did_not_fill_in_is_not_set(unfilled: str) -> None:
    """Some clients pass a placeholder on as it stands: sent as a key, it would be refused without a word of why."""
    given = {"HOME": "/tmp", "KIE_API_KEY": unfilled, "KIE_OUTPUT_DIR": unfilled}
    settings, plain = Settings.from_environment(given), read_plain_settings({**given, "KIE_OUTPUT_DIR": "/tmp"})
    assert (settings.api_key, settings.output_dir) == (None, Settings.from_environment({"HOME": "/tmp"}).output_dir)
    assert plain
    assert plain.account == settings.account
