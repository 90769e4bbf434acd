"""What a server makes of the ledger's file that it finds: newer, older, not its own, or not to be written."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kie_mcp.jobs.store.schema import MIGRATIONS
from tests.support.shared_ledger import House, until
from tests.support.stdio_process import Server

KNOWN = len(MIGRATIONS)
SOON = 15.0
"""Seconds for a start and an end, on a busy machine."""


def refused(server: Server) -> str:
    """The two lines in which it says why it did not start."""
    server.hello()
    return farewell(server)


def farewell(server: Server) -> str:
    """The first of the two lines with which it ends."""
    code, seconds = server.wait()
    message, remedy = server.said.splitlines()
    assert (code, message[:9]) == (1, "kie-mcp: ")
    assert "KIE_STATE_DIR" in remedy
    assert seconds < SOON
    return message


def versions(house: House) -> int:
    """The version of the ledger's file."""
    with house.connected() as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


def test_a_newer_ledger_is_refused_and_left_alone(house: House) -> None:
    house.state.mkdir()
    house.write(f"PRAGMA user_version = {KNOWN + 1}")
    before = house.ledger.read_bytes()
    message = refused(house.server(greet=False))
    assert f"newer kie-mcp (version {KNOWN + 1}, this one knows {KNOWN})" in message
    assert house.ledger.read_bytes() == before


def test_a_server_says_so_before_its_client_says_a_word(house: House) -> None:
    """A person who starts it in a terminal sees why it does not work."""
    house.state.mkdir()
    house.write(f"PRAGMA user_version = {KNOWN + 1}")
    assert "newer kie-mcp" in farewell(house.server(greet=False))


@pytest.mark.parametrize("version", range(KNOWN))
def test_an_older_ledger_is_migrated_and_keeps_what_it_knows(house: House, version: int) -> None:
    house.state.mkdir()
    with house.connected() as db:
        db.executescript(";".join(MIGRATIONS[:version]))
        db.execute(f"PRAGMA user_version = {version}")
        if version:
            db.execute("INSERT INTO durations (bucket, seconds, at) VALUES ('kept', 7, 1)")
    server = house.server()
    assert versions(house) == KNOWN
    assert server.call("generate_image", prompt="cat", wait_seconds=60)["state"] == "succeeded"
    with house.connected() as db:
        kept = db.execute("SELECT count(*) FROM durations WHERE bucket = 'kept'").fetchone()[0]
    assert kept == bool(version)
    assert house.sound()


def test_three_servers_that_start_at_once_make_one_ledger(house: House) -> None:
    servers = [house.server(greet=False) for _ in range(3)]
    for server in servers:
        server.greet()
    assert [server.call("list_jobs") for server in servers] == [{"jobs": []}] * 3
    assert versions(house) == KNOWN


def test_what_is_remembered_is_for_its_owner_alone(house: House) -> None:
    house.server()
    until(house.ledger.exists)  # the client is greeted before it is made
    modes = {path: path.stat().st_mode & 0o777 for path in (house.state, house.ledger)}
    assert modes == {house.state: 0o700, house.ledger: 0o600}


def test_a_file_in_place_of_the_folder_is_named(house: House) -> None:
    house.state.write_text("no folder")
    assert str(house.state) in refused(house.server(greet=False))


def test_a_file_that_is_no_ledger_is_refused_and_left_alone(house: House) -> None:
    house.state.mkdir()
    house.ledger.write_bytes(b"somebody else's " * 512)
    assert "not a database" in refused(house.server(greet=False))
    assert house.ledger.read_bytes() == b"somebody else's " * 512


def test_a_folder_that_cannot_be_written_is_named(house: House, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    command = [*unprivileged(), *house.command()]
    message = refused(house.server(greet=False, command=command, KIE_STATE_DIR=str(closed / "state")))
    assert "Permission denied" in message
    assert not list(closed.iterdir())


def unprivileged() -> list[str]:
    """What makes a command subject to permissions, though root calls it."""
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root may write everywhere")
    return ["setpriv", "--bounding-set=-all"]


def test_a_full_disk_is_named(house: House, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(small)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("no small disk can be had here")
    try:
        (small / "other").write_bytes(b"x" * 8192)
        message = refused(house.server(greet=False, KIE_STATE_DIR=str(small / "state")))
        assert "full" in message or "No space left" in message
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)  # noqa: S603, S607
