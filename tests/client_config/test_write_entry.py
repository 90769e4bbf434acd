"""A client's file gets the entry and keeps all the rest, as looked at in whole files."""

import difflib
import json
import os
import stat
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from kie_mcp.client_config.clients import BY_ID, CLIENTS, Client
from kie_mcp.client_config.config_file import ConfigFileError, read_config_file
from kie_mcp.client_config.entry import KEY_INPUT, build_entry
from kie_mcp.client_config.json_scan import scan
from kie_mcp.client_config.launch_command import LaunchCommand
from kie_mcp.client_config.write_entry import Outcome, write_entry
from kie_mcp.file_system import lock_folder
from tests.client_config.configurations import OTHERS

COMMAND = LaunchCommand("/home/you/.local/bin/kie-mcp")
CURSOR = BY_ID["cursor"]


def entry(client: Client, key: str | None = "k3y", *options: str) -> dict[str, Any]:
    key = client.reference if key and client.asks_for_key else key
    return build_entry(client, LaunchCommand(COMMAND.program, options), key)


def put(path: Path, client: Client = CURSOR, *options: str, key: str | None = "k3y", **how: bool) -> Outcome:
    return write_entry(client, path, "kie", entry(client, key, *options), **how)


def saved(folder: Path, text: str, name: str = "settings.json") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def parse(client: Client, text: str) -> Any:
    if client.is_toml:
        return tomllib.loads(text)
    root = scan(text)
    return root and root.value


def without_entry(client: Client, document: dict[str, Any]) -> dict[str, Any]:
    servers = document.get(client.servers[0], {})
    rest = {name: one for name, one in servers.items() if name != "kie"}
    inputs = [one for one in document.get("inputs", []) if one != KEY_INPUT]
    return document | {client.servers[0]: rest, "inputs": inputs}


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.id)
def test_the_entry_is_added_and_no_line_of_the_rest_changes(client: Client, tmp_path: Path) -> None:
    """Lines are added only; where a comma has to follow the last one, that line alone differs, and by it."""
    before = OTHERS[client.id]
    path = saved(tmp_path, before)
    assert put(path, client).done == "added"
    after = path.read_bytes().decode()
    document = parse(client, after)
    assert document[client.servers[0]]["kie"] == entry(client)
    assert without_entry(client, document) == without_entry(client, parse(client, before))
    if before.count("\n") > 1 and "\r" not in before:
        gone = [line[2:] for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line.startswith("- ")]
        assert len(gone) <= 1
        assert all(_without_comma(line) in _without_comma(after) for line in gone)
    assert put(path, client) == Outcome("unchanged", path, None, document_key(client, document))


def _without_comma(text: str) -> str:
    return text.replace(",", "").replace("{}", "{").replace("} }", "}").rstrip()


def document_key(client: Client, document: Any) -> str:
    kie = document[client.servers[0]]["kie"]
    return (kie.get("env") or kie["environment"])["KIE_API_KEY"]


def test_a_file_with_comments_looks_as_if_its_owner_had_written_it(tmp_path: Path) -> None:
    path = saved(tmp_path, OTHERS["vscode"])
    put(path, BY_ID["vscode"])
    assert path.read_text("utf-8") == snapshot("""\
// Servers of the team: ask Ann before you change one.
{
    "servers": {
        /* the browser */
        "playwright": {
            "command": "npx",
            "args": ["@playwright/mcp@latest"], // always the newest
        },
        "kie": {
            "type": "stdio",
            "command": "/home/you/.local/bin/kie-mcp",
            "args": [],
            "env": {
                "KIE_API_KEY": "${input:kie-api-key}"
            }
        },
        // "old": { "command": "gone" },
    },
    "inputs": [
        { "id": "token", "type": "promptString", "description": "a // token", "password": true },
        {
            "id": "kie-api-key",
            "type": "promptString",
            "description": "Kie.ai API key",
            "password": true
        },
    ],
}
""")


def test_a_file_of_toml_keeps_its_comments(tmp_path: Path) -> None:
    path = saved(tmp_path, OTHERS["codex"])
    put(path, BY_ID["codex"])
    assert path.read_text("utf-8") == snapshot("""\
# My Codex
model = "gpt-5.2-codex"   # the quick one
approval_policy = "on-request"

[mcp_servers.docs]
command = "npx"
args = [
  "-y",  # yes to all
  "docs-mcp",
]

[mcp_servers.docs.env]
TOKEN = "x"

[mcp_servers.kie]
command = "/home/you/.local/bin/kie-mcp"
args = []
env = {KIE_API_KEY = "k3y"}

[projects."/home/you/work"]
trust_level = "trusted"
""")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "a": {\n    "k": 1\n  }\n}\n'),
        ("// mine\n", '// mine\n{\n  "a": {\n    "k": 1\n  }\n}\n'),
        ("{}", '{\n  "a": {\n    "k": 1\n  }\n}'),
        ('{"b":1}', '{"b":1, "a": {"k": 1}}'),
        ('{"a":{}}\n', '{"a":{"k": 1}}\n'),
        ('{"a": {"b": "}"} }', '{"a": {"b": "}", "k": 1} }'),
        ('{\n    "a": { } // none\n}', '{\n    "a": {\n        "k": 1\n    } // none\n}'),
        ('{\n  "a": { // none\n  }\n}', '{\n  "a": { // none\n    "k": 1\n  }\n}'),
        ('{\n  "a": {\n    "b": 2 /* x */, // y\n  }\n}', '{\n  "a": {\n    "b": 2 /* x */, // y\n    "k": 1,\n  }\n}'),
        ('{\n  "a": {\n    "b": 2 // y\n  }\n}', '{\n  "a": {\n    "b": 2, // y\n    "k": 1\n  }\n}'),
        ('{\n "a": {\n "b": "//\\"" } }', '{\n "a": {\n "b": "//\\"",\n "k": 1 } }'),
    ],
)
def test_one_value_is_set_and_each_other_character_stays(before: str, after: str) -> None:
    from kie_mcp.client_config.json_edit import set_value

    assert set_value(before, ("a", "k"), 1) == after
    assert set_value(after, ("a", "k"), 1) == after


def test_another_entry_of_the_name_is_replaced_on_request_only_and_keeps_what_is_its_owners(tmp_path: Path) -> None:
    text = """\
{
  "mcpServers": {
    "kie": {
      "command": "old", // since May
      "disabled": true,
      "env": { "KIE_API_KEY": "theirs", "KIE_OUTPUT_DIR": "/films" }
    }
  }
}
"""
    path = saved(tmp_path, text)
    with pytest.raises(ConfigFileError, match="has another entry named kie"):
        put(path)
    assert path.read_text() == text
    outcome = put(path, force=True)
    assert (outcome.done, outcome.key) == ("changed", "theirs")
    assert path.read_text() == text.replace('"old"', '"/home/you/.local/bin/kie-mcp"').replace(
        '"/films" }\n', '"/films" },\n      "args": []\n'
    )
    assert put(path, key="new").done == "unchanged"
    assert put(path, key="new", new_key=True, force=True).key == "new"


@pytest.mark.parametrize(
    "held",
    ['"args": ["--other"]', '"args": [], "env": {"KIE_API_KEY": ["a"]}, "command": ["x"]', '"args": {"a": 1}'],
)
def test_another_entry_is_left_whatever_its_values_are(held: str, tmp_path: Path) -> None:
    path = saved(tmp_path, f'{{"mcpServers": {{"kie": {{{held}}}}}}}')
    before = path.read_text()
    with pytest.raises(ConfigFileError, match="has another entry named kie"):
        put(path)
    assert path.read_text() == before


@pytest.mark.parametrize("nothing", ["", "your key"])
def test_the_place_of_a_key_is_filled_without_being_asked_twice(nothing: str, tmp_path: Path) -> None:
    path = tmp_path / "new/mcp.json"
    assert put(path, key=nothing).done == "added"
    assert put(path, key="").done == "unchanged"
    assert put(path, key="k3y").key == "k3y"


def test_a_copy_of_each_earlier_file_is_kept_beside_it(tmp_path: Path) -> None:
    path = saved(tmp_path, "{}")
    path.chmod(0o640)
    first = put(path)
    assert first.copy
    assert first.copy.read_text() == "{}"
    second = put(path, CURSOR, "--sandbox", force=True)
    assert second.copy != first.copy
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}  # there is a key in it now
    assert len([*tmp_path.iterdir()]) == 3


def test_a_file_without_a_key_keeps_its_permissions_and_a_read_only_one_is_left_alone(tmp_path: Path) -> None:
    path = saved(tmp_path, "{}")
    path.chmod(0o644)
    copy = put(path, key=CURSOR.reference).copy
    assert copy
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(copy.stat().st_mode)) == (0o644, 0o600)
    path.chmod(0o444)
    with pytest.raises(ConfigFileError, match="it is read-only"):
        put(path, new_key=True, force=True)


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert put(tmp_path / "a/b.json").copy is None
    assert stat.S_IMODE((tmp_path / "a/b.json").stat().st_mode) == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = saved(tmp_path, "{}", "dotfiles.json")
    link = tmp_path / "mcp.json"
    link.symlink_to(real)
    assert put(link).path == real
    assert link.is_symlink()
    assert "kie" in json.loads(real.read_text())["mcpServers"]


def test_marks_of_windows_editors_stay(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_bytes(b'\xef\xbb\xbf{\r\n  "a": 1\r\n}\r\n')
    put(path)
    data = path.read_bytes()
    assert data.startswith(b'\xef\xbb\xbf{\r\n  "a": 1,\r\n  "mcpServers": {\r\n')
    assert data.count(b"\r\n") == data.count(b"\n")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"mcpServers": {', "line 1, column 17: a name in quotes was expected"),
        (b'{\n  "a": 1\n  "b": 2\n}', "line 3, column 3: a comma or } was expected"),
        (b'{"a": nul}', "line 1, column 7: a value was expected"),
        (b"{} {}", "line 1, column 4: the end of the file was expected"),
        (b"[]", "what it holds is no object in braces"),
        (b'{"mcpServers": []}', '"mcpServers" is no object in braces'),
        (b'{"mcpServers": null}', '"mcpServers" is no object in braces'),
        (b'{"mcpServers": {"kie": {"env": "x"}}}', '"env" of the entry is no object'),
        (b'{"mcpServers": {"kie": {"env": null}}}', '"env" of the entry is no object'),
        (b'{"mcpServers": {"kie": "x"}}', "mcpServers.kie is something else than an entry"),
        (b"[" * 100_000, "something less deep was expected"),
        (b"\xff\xfe{\x00}\x00", "is not UTF-8"),
    ],
)
def test_a_file_that_is_not_understood_is_left_as_it_is(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_bytes(data)
    with pytest.raises(ConfigFileError) as refused:
        put(path, force=True)
    assert words in refused.value.message
    assert refused.value.remedy
    assert path.read_bytes() == data
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(
    "text",
    [
        "[mcp_servers\n",
        "mcp_servers = { a = { command = 'x' } }\n",
        "mcp_servers = 1\n",
        pytest.param(f"a = {'[' * 2000}{']' * 2000}\n", id="deep"),
    ],
)
def test_toml_that_cannot_be_changed_is_left_as_it_is(text: str, tmp_path: Path) -> None:
    path = saved(tmp_path, text)
    with pytest.raises(ConfigFileError, match="cannot be changed as TOML"):
        put(path, BY_ID["codex"])
    assert path.read_text() == text


def test_what_another_program_wrote_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """Claude Code, for one, writes its file again and again."""
    path = saved(tmp_path, "{}")
    file = read_config_file(path)
    path.write_text('{"theirs": 1}')
    with pytest.raises(ConfigFileError, match="another program has changed it just now"):
        file.replace('{"ours": 1}', private=True)
    assert path.read_text() == '{"theirs": 1}'


@pytest.mark.skipif(os.name == "nt", reason="no lock of folders there")
def test_of_two_processes_that_write_at_once_none_overwrites_the_other(tmp_path: Path) -> None:
    path = saved(tmp_path, "{}")
    with ThreadPoolExecutor() as pool, lock_folder(tmp_path):
        writing = pool.submit(put, path)
        while not [*tmp_path.glob(".*.part")]:
            time.sleep(0.001)
        path.write_text('{"theirs": 1}')
        assert not writing.done()
    with pytest.raises(ConfigFileError, match="another program has changed it just now"):
        writing.result()
    assert path.read_text() == '{"theirs": 1}'


def test_a_program_whose_path_is_no_text_cannot_be_written_down(tmp_path: Path) -> None:
    with pytest.raises(ConfigFileError, match="bytes that are no text"):
        write_entry(CURSOR, tmp_path / "mcp.json", "kie", build_entry(CURSOR, LaunchCommand("/opt/\udcff"), ""))
    assert not [*tmp_path.iterdir()]


@pytest.mark.skipif(os.name == "nt", reason="FIFOs of POSIX")
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo"):
        with pytest.raises(ConfigFileError, match="cannot be read"):
            put(path)
