"""What is different on Windows, by arguments that say so: the tests need no Windows."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from kie_mcp.cli.doctor import check_state_folder
from kie_mcp.cli.findings import Grade
from kie_mcp.file_system import replace_file
from kie_mcp.jobs.store.store_url import find_path
from kie_mcp.stop_signals import SIGNALS, interrupt_on_stop_signals, receive_stop_signals


def refuse(times: int) -> Callable[[Path, Path], None]:
    """A rename that is refused so often, as while a virus scanner reads the file."""
    left = [times]

    def replace(part: Path, target: Path) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(13, "another program has it open")
        part.replace(target)

    return replace


def test_a_file_that_another_program_still_reads_gets_its_name_a_moment_later(tmp_path: Path) -> None:
    part, target, slept = tmp_path / "part", tmp_path / "whole", list[float]()
    part.write_bytes(b"new")
    replace_file(part, target, replace=refuse(3), sleep=slept.append, windows=True)
    assert target.read_bytes() == b"new"
    assert slept == sorted(slept)
    assert len(slept) == 3


@pytest.mark.parametrize(("windows", "pauses"), [(True, 5), (False, 0)])
def test_a_file_that_stays_open_is_told_in_a_second_and_elsewhere_at_once(
    tmp_path: Path, *, windows: bool, pauses: int
) -> None:
    slept: list[float] = []
    with pytest.raises(PermissionError):
        replace_file(tmp_path / "a", tmp_path / "b", replace=refuse(99), sleep=slept.append, windows=windows)
    assert len(slept) == pauses
    assert sum(slept) <= 1


@pytest.mark.parametrize(
    ("url", "path"),
    [("/C:/Users/%C3%84%20b/jobs.sqlite3", "C:/Users/Ä b/jobs.sqlite3"), ("server/share/it", "//server/share/it")],
)
def test_the_ledger_may_be_on_a_drive_or_on_a_server(url: str, path: str) -> None:
    """The URL is written as `Path.as_uri` writes it there."""
    assert find_path(url, windows=True) == path


def test_the_mode_of_a_folder_is_not_judged_where_it_means_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    assert check_state_folder(tmp_path, windows=False).grade is Grade.ATTENTION
    assert check_state_folder(tmp_path, windows=True).grade is Grade.OK


class Unable:
    """What the event loop of Windows answers to whoever wants to hear of signals."""

    def __init__(self, *_: signal.Signals) -> None:
        raise NotImplementedError


@pytest.mark.anyio
@pytest.mark.parametrize("receiver", [Unable, anyio.open_signal_receiver])
async def test_a_signal_is_heard_whatever_the_event_loop_can_do(receiver: Callable[..., object]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with receive_stop_signals(receiver) as signals:  # pyright: ignore[reportArgumentType] - it only raises
        asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)
        with anyio.fail_after(5):
            assert await anext(signals) is signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == before
    assert {signal.SIGTERM, signal.SIGINT} <= {*SIGNALS}


def test_a_command_is_stopped_by_a_signal_as_by_ctrl_c() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), interrupt_on_stop_signals():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before
