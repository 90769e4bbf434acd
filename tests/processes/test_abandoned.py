"""A client that dies without a word: both its pipes break at once, in the middle of a call."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.shared_ledger import House, until
from tests.support.stdio_process import HELLO

SOON = 15.0
"""Seconds to end, on a busy machine."""


@pytest.mark.parametrize("both", [True, False], ids=["both pipes", "the one of the answers"])
def test_a_server_whose_client_dies_ends_soon_and_the_next_one_goes_on(
    house: House, tmp_path: Path, both: bool
) -> None:
    """Also if something else still holds its input open."""
    with (tmp_path / "stderr").open("wb") as errors:
        pipe = subprocess.PIPE
        server = subprocess.Popen(house.command(), stdin=pipe, stdout=pipe, stderr=errors, env=house.environment)  # noqa: S603
    try:
        assert server.stdin
        assert server.stdout
        for message in conversation("{takes:4} cat", 60):
            server.stdin.write(json.dumps(message).encode() + b"\n")
        server.stdin.flush()
        until(house.made)
        server.stdout.close()
        if both:
            server.stdin.close()
        assert server.wait(SOON) == 0
    finally:
        server.kill()
        server.wait()
        for end in (server.stdin, server.stdout):
            if end:
                end.close()
    assert (tmp_path / "stderr").read_text() == ""

    answer = house.server().call("generate_image", prompt="{takes:4} cat", wait_seconds=60)
    assert (answer["state"], answer["joined"]) == ("succeeded", True)
    assert house.made() == len(house.files()) == 1


def conversation(prompt: str, wait_seconds: float) -> list[dict[str, Any]]:
    """What the client says before it dies."""
    order = {"name": "generate_image", "arguments": {"prompt": prompt, "wait_seconds": wait_seconds}}
    return [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": order},
    ]
