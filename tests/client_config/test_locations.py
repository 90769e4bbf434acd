"""Where each client keeps its servers on each system, and with which command it starts ours."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from kie_mcp.client_config.clients import BY_ID, CLIENTS
from kie_mcp.client_config.launch_command import find_command, name_program
from kie_mcp.client_config.locations import find_file, find_folders


@pytest.mark.parametrize(
    ("system", "files"),
    [
        (
            "linux",
            snapshot(
                {
                    "claude-code": "/home/you/.claude.json",
                    "claude-desktop": "/home/you/.config/Claude/claude_desktop_config.json",
                    "cursor": "/home/you/.cursor/mcp.json",
                    "vscode": "/home/you/.config/Code/User/mcp.json",
                    "windsurf": "/home/you/.codeium/windsurf/mcp_config.json",
                    "zed": "/home/you/.config/zed/settings.json",
                    "cline": "/home/you/.cline/data/settings/cline_mcp_settings.json",
                    "codex": "/home/you/.codex/config.toml",
                    "gemini": "/home/you/.gemini/settings.json",
                    "opencode": "/home/you/.config/opencode/opencode.json",
                }
            ),
        ),
        (
            "darwin",
            snapshot(
                {
                    "claude-code": "/home/you/.claude.json",
                    "claude-desktop": "/home/you/Library/Application Support/Claude/claude_desktop_config.json",
                    "cursor": "/home/you/.cursor/mcp.json",
                    "vscode": "/home/you/Library/Application Support/Code/User/mcp.json",
                    "windsurf": "/home/you/.codeium/windsurf/mcp_config.json",
                    "zed": "/home/you/.config/zed/settings.json",
                    "cline": "/home/you/.cline/data/settings/cline_mcp_settings.json",
                    "codex": "/home/you/.codex/config.toml",
                    "gemini": "/home/you/.gemini/settings.json",
                    "opencode": "/home/you/.config/opencode/opencode.json",
                }
            ),
        ),
        (
            "win32",
            snapshot(
                {
                    "claude-code": "/home/you/.claude.json",
                    "claude-desktop": "/home/you/AppData/Roaming/Claude/claude_desktop_config.json",
                    "cursor": "/home/you/.cursor/mcp.json",
                    "vscode": "/home/you/AppData/Roaming/Code/User/mcp.json",
                    "windsurf": "/home/you/.codeium/windsurf/mcp_config.json",
                    "zed": "/home/you/AppData/Roaming/Zed/settings.json",
                    "cline": "/home/you/.cline/data/settings/cline_mcp_settings.json",
                    "codex": "/home/you/.codex/config.toml",
                    "gemini": "/home/you/.gemini/settings.json",
                    "opencode": "/home/you/.config/opencode/opencode.json",
                }
            ),
        ),
    ],
)
def test_the_files_of_all_clients(system: str, files: dict[str, str]) -> None:
    folders = find_folders({}, Path("/home/you"), system)
    assert {client.id: find_file(client, folders).as_posix() for client in CLIENTS} == files


def test_variables_that_move_the_files_are_heeded() -> None:
    moved = {"XDG_CONFIG_HOME": "/x", "CODEX_HOME": "/c", "CLAUDE_CONFIG_DIR": "/l", "APPDATA": "/r"}
    linux, windows = (find_folders(moved, Path("/home/you"), system) for system in ("linux", "win32"))
    assert find_file(BY_ID["zed"], linux) == Path("/x/zed/settings.json")
    assert find_file(BY_ID["zed"], windows) == Path("/r/Zed/settings.json")
    assert find_file(BY_ID["codex"], linux) == Path("/c/config.toml")
    assert find_file(BY_ID["claude-code"], linux) == Path("/l/.claude.json")


def test_claude_desktop_of_microsofts_store_has_a_folder_of_its_own(tmp_path: Path) -> None:
    folders = find_folders({"LOCALAPPDATA": str(tmp_path)}, Path("/home/you"), "win32")
    store = tmp_path / "Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude"
    store.mkdir(parents=True)
    assert find_file(BY_ID["claude-desktop"], folders) == store / "claude_desktop_config.json"
    newer = tmp_path / "Claude-Data/claude_1"
    newer.mkdir(parents=True)
    assert find_file(BY_ID["claude-desktop"], folders) == newer / "claude_desktop_config.json"


def test_opencode_keeps_the_file_with_comments_if_it_has_one(tmp_path: Path) -> None:
    folders = find_folders({"XDG_CONFIG_HOME": str(tmp_path)}, Path("/home/you"), "linux")
    with_comments = tmp_path / "opencode/opencode.jsonc"
    with_comments.parent.mkdir()
    assert find_file(BY_ID["opencode"], folders) == with_comments.with_suffix(".json")
    with_comments.touch()
    assert find_file(BY_ID["opencode"], folders) == with_comments


def test_the_command_is_found_from_anywhere(tmp_path: Path) -> None:
    """Clients that are started from a menu have a short search path."""
    script, python = tmp_path / "kie-mcp", tmp_path / "python3"
    script.touch()
    assert find_command(sandbox=False, started=str(script), python="/usr/bin/python3").words == (str(script),)
    assert find_command(sandbox=True, started="/a/__main__.py", python=str(python)).words == (str(script), "--sandbox")
    alone = find_command(sandbox=True, started="/a/__main__.py", python="/nowhere/python3")
    assert alone.words == ("/nowhere/python3", "-m", "kie_mcp", "--sandbox")


def test_what_uvx_started_is_started_by_uvx_again(tmp_path: Path) -> None:
    """The environment that it has made is gone when its cache is cleaned."""
    python = "/home/you/.cache/uv/archive-v0/vfDVh5UU/bin/python"
    found = find_command(sandbox=False, started="/x/kie-mcp", python=python, which=lambda name: f"/opt/{name}")
    assert found.words == ("/opt/uvx", "kie-mcp")
    (tmp_path / "uvx").touch()
    beside = find_command(sandbox=True, python=python, uv=str(tmp_path / "uv"), which=lambda name: None)
    assert beside.words == (str(tmp_path / "uvx"), "--from", "kie-mcp[sandbox]", "kie-mcp", "--sandbox")


def test_a_person_is_told_to_type_what_they_can_start(tmp_path: Path) -> None:
    script = tmp_path / "kie-mcp"
    script.touch()
    assert name_program(started=str(script), which=lambda name: str(script)) == "kie-mcp"
    assert name_program(started=str(script), which=lambda name: None) == str(script)
    assert name_program(started="/a/__main__.py", python="/nowhere/python3") == "/nowhere/python3 -m kie_mcp"
    uvx = "/home/you/.cache/uv/archive-v0/vfDVh5UU/bin/python"
    assert name_program(python=uvx) == "uvx kie-mcp"
    assert name_program(python=uvx, sandbox=True) == "uvx --from 'kie-mcp[sandbox]' kie-mcp"


def test_every_client_with_a_file_for_projects_can_do_without_the_key_in_it() -> None:
    assert all(client.reference for client in CLIENTS if client.project)
