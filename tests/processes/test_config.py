"""What `kie-mcp config --write` puts into a client's file starts the server, whatever the client knows."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.stdio_process import HELLO

ROOT = Path(__file__).parents[2]
HELLO_LINE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}) + "\n"


def test_a_client_that_is_started_from_a_menu_can_start_what_was_written(tmp_path: Path) -> None:
    """Its search path is short, and its working folder is another one."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_"))}
    mine = clean | {"HOME": str(tmp_path), "KIE_API_KEY": "k3y", "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-m", "kie_mcp", "config", "cursor", "--write"],
        capture_output=True,
        text=True,
        check=True,
        env=mine,
        cwd=tmp_path,
    )
    path = tmp_path / ".cursor/mcp.json"
    assert str(path) in told.stdout
    assert "k3y" not in told.stdout
    entry = json.loads(path.read_text("utf-8"))["mcpServers"]["kie"]
    theirs = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), **entry["env"]}
    server = subprocess.run(  # noqa: S603 - our own program
        [entry["command"], *entry["args"]],
        input=HELLO_LINE,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=theirs,
        cwd="/",
    )
    assert json.loads(server.stdout.splitlines()[0])["result"]["serverInfo"]["name"] == "kie-mcp"
