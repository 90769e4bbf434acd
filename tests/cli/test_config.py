"""`kie-mcp config`: what it says, and what it writes for whom."""

# ruff: noqa: E501 (whole answers)

import json
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from kie_mcp.cli.config import Wish, show_entry, write_block, write_to_client
from kie_mcp.client_config.clients import BY_ID, CLIENTS, Client
from kie_mcp.client_config.launch_command import LaunchCommand
from kie_mcp.setting_values import SettingsError

COMMAND = LaunchCommand("/home/you/.local/bin/kie-mcp")
KEY = "k3y-that-nobody-sees"


def wish(client: str, path: Path = Path("/home/you/file"), **more: Any) -> Wish:
    return Wish(client=BY_ID[client], path=path, command=COMMAND, **more)


def test_what_is_shown_for_a_client_that_can_add_servers_itself() -> None:
    assert show_entry(wish("claude-code", Path("/home/you/.claude.json"))) == snapshot("""\
Claude Code keeps its MCP servers in /home/you/.claude.json. This belongs there:

{
  "mcpServers": {
    "kie": {
      "command": "/home/you/.local/bin/kie-mcp",
      "args": [],
      "env": {
        "KIE_API_KEY": "your key"
      }
    }
  }
}

Put your key in the place of "your key"; https://kie.ai/api-key has one.

Or let Claude Code do it:
  claude mcp add kie --scope user --env KIE_API_KEY="your key" -- /home/you/.local/bin/kie-mcp

With --write, this command puts it there, and keeps what the file holds.

1. Leave Claude Code with /exit, and start it again.
2. To see that it works, type /mcp: kie is connected.
3. Say to the assistant: "Make a picture of a red fox in a raincoat, looking at
   the camera."\
""")


def test_what_is_shown_for_a_client_that_asks_for_the_key() -> None:
    assert show_entry(wish("vscode", Path("/home/you/.config/Code/User/mcp.json"))) == snapshot("""\
VS Code keeps its MCP servers in /home/you/.config/Code/User/mcp.json. This
belongs there:

{
  "inputs": [
    {
      "id": "kie-api-key",
      "type": "promptString",
      "description": "Kie.ai API key",
      "password": true
    }
  ],
  "servers": {
    "kie": {
      "type": "stdio",
      "command": "/home/you/.local/bin/kie-mcp",
      "args": [],
      "env": {
        "KIE_API_KEY": "${input:kie-api-key}"
      }
    }
  }
}

VS Code asks for the key when it starts the server, and keeps it.

With --write, this command puts it there, and keeps what the file holds.

1. Restart the server: open the Command Palette, choose "MCP: List Servers",
   then kie, then Start.
2. To see that it works, "MCP: List Servers" says that kie is running.
3. Say to the assistant: "Make a picture of a red fox in a raincoat, looking at
   the camera."\
""")


def test_what_is_said_of_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text("{}")
    told = [write_to_client(wish("cursor", path)), write_to_client(wish("cursor", path, environment_key=KEY))]
    assert [one.split("\n\n")[0].replace("\n", " ").replace(f"{tmp_path}/", "~/") for one in told] == snapshot(
        [
            "Added kie to ~/mcp.json. The file as it was: mcp.json.before-kie, beside it. There is no key in it yet. Make one at https://kie.ai/api-key, and put it between the quotes of KIE_API_KEY; or set KIE_API_KEY and run this again.",
            "Changed kie in ~/mcp.json. The file as it was: mcp.json.before-kie-2, beside it.",
        ]
    )


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.id)
def test_the_key_is_never_shown(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "file"
    shown = show_entry(wish(client.id, path, environment_key=KEY))
    told = write_to_client(wish(client.id, path, environment_key=KEY, key_source="environment"))
    assert KEY not in shown + told
    assert KEY in path.read_text("utf-8")
    assert all(len(line) <= 80 for line in told.splitlines() if str(tmp_path) not in line)


@pytest.mark.parametrize("client", [one for one in CLIENTS if one.project], ids=lambda client: client.id)
def test_the_file_of_a_project_never_gets_the_key_unasked(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_to_client(wish(client.id, path, project=True, environment_key=KEY))
    assert "KIE_API_KEY" in path.read_text("utf-8")
    assert KEY not in path.read_text("utf-8")


def test_a_key_is_asked_for_only_when_it_is_written(tmp_path: Path) -> None:
    def refuse() -> str:
        raise NotImplementedError

    show_entry(wish("cursor", key_source="ask", ask=refuse))
    write_to_client(wish("cursor", tmp_path / "file", key_source="ask", ask=lambda: f" {KEY}\n"))
    written = json.loads((tmp_path / "file").read_text("utf-8"))
    assert written["mcpServers"]["kie"]["env"] == {"KIE_API_KEY": KEY}


def test_with_a_sandbox_no_key_is_needed() -> None:
    block = write_block(BY_ID["cursor"], LaunchCommand("/k", ("--sandbox",)), None)
    assert json.loads(block) == {"mcpServers": {"kie": {"command": "/k", "args": ["--sandbox"]}}}
    assert "No key is needed." in show_entry(wish("cursor", sandbox=True))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"key_source": "environment"}, "KIE_API_KEY is not set."),
        ({"key_source": "reference"}, "Zed cannot take the key from a variable by itself."),
        ({"environment_key": "your key"}, "The key must be letters, digits and signs of ASCII"),
        ({"name": "my kie"}, "--name must be up to 64 letters"),
    ],
)
def test_what_cannot_be_done_is_refused(how: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        show_entry(wish("zed", **how))
    assert refused.value.remedy
