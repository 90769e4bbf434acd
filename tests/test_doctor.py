"""What the doctor finds, what it advises, and that it never shows the key."""

import os
import sqlite3
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from kie_mcp.doctor import Finding, Grade, examine
from kie_mcp.jobs.job import Job, Kind
from kie_mcp.jobs.sqlite import SqliteLedger
from kie_mcp.sandbox import serve
from kie_mcp.settings import Settings

pytestmark = pytest.mark.anyio


class Stopped:
    """A clock that shows one time."""

    def __init__(self, shift: float = 0.0) -> None:
        self._shown = time.time() + shift

    def now(self) -> float:
        """Always the same."""
        return self._shown


def settings(folder: Path, url: str = "http://127.0.0.1:9", key: str | None = "canary-key") -> Settings:
    """A user whose folders are under this one; nobody listens on the default address."""
    return Settings(
        api_key=SecretStr(key) if key else None,
        api_base_url=url,
        upload_base_url=url,
        output_dir=folder / "out",
        state_dir=folder / "state",
    )


async def found(given: Settings) -> dict[str, Finding]:
    return {finding.subject: finding for finding in await examine(given, Stopped())}


async def test_all_is_well_with_a_key_and_folders_that_can_be_written(tmp_path: Path) -> None:
    async with serve() as url:
        findings = await found(settings(tmp_path, url, key="sandbox"))
    assert {finding.grade for finding in findings.values()} == {Grade.OK}
    assert str(findings["key"]) == f"ok         key            accepted by the sandbox at {url}: 1000 credits left"
    assert list(findings) == ["kie-mcp", "key", "output folder", "ledger", "state folder", "clock", "SQLite", "sandbox"]


async def test_few_credits_are_worth_attention(tmp_path: Path) -> None:
    async with serve(credits=3) as url:
        key = (await found(settings(tmp_path, url, key="sandbox")))["key"]
    assert (key.grade, key.remedy) == (Grade.ATTENTION, "Top up at https://kie.ai/billing")


async def test_no_key_is_a_problem_that_says_where_to_get_one(tmp_path: Path) -> None:
    key = (await found(settings(tmp_path, key=None)))["key"]
    assert key.grade is Grade.PROBLEM
    assert "https://kie.ai/api-key" in key.remedy


async def test_a_kie_that_cannot_be_reached_is_a_problem_and_the_key_stays_hidden(tmp_path: Path) -> None:
    findings = await found(settings(tmp_path))
    assert findings["key"].grade is Grade.PROBLEM
    assert "not reached" in findings["key"].found
    assert "canary" not in "\n".join(map(str, findings.values()))


async def test_folders_that_cannot_be_written_name_the_setting_that_moves_them(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    findings = await found(settings(tmp_path / "file"))
    assert (findings["output folder"].grade, findings["ledger"].grade) == (Grade.PROBLEM, Grade.PROBLEM)
    assert "KIE_OUTPUT_DIR" in findings["output folder"].remedy
    assert "KIE_STATE_DIR" in findings["ledger"].remedy
    assert "state folder" not in findings


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
async def test_a_state_folder_that_others_could_look_into_ends_private(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    findings = await found(settings(tmp_path))
    assert findings["state folder"].found.endswith("is private (mode 700)")


async def test_the_journal_mode_is_told_with_the_version_of_sqlite(tmp_path: Path) -> None:
    findings = await found(settings(tmp_path))
    assert findings["SQLite"].found.startswith(f"{sqlite3.sqlite_version}; the journal mode is TRUNCATE")


async def test_a_clock_that_was_set_back_shows_in_the_ledger(tmp_path: Path) -> None:
    given = settings(tmp_path)
    ledger = SqliteLedger(given.ledger_path)
    await ledger.open()
    await ledger.adopt(_job(given.account, time.time() + 3600), "worker")
    await ledger.close()
    findings = await found(given)
    assert findings["ledger"].grade is Grade.ATTENTION
    assert findings["ledger"].found.startswith("its newest change is 3600 s in the future")


@pytest.mark.parametrize(("shift", "word"), [(3600, "ahead of"), (-3600, "behind")])
async def test_a_clock_that_goes_wrong_shows_against_kies(tmp_path: Path, shift: float, word: str) -> None:
    async with serve() as url:
        findings = await examine(settings(tmp_path, url, key="sandbox"), Stopped(shift))
    clock = next(finding for finding in findings if finding.subject == "clock")
    assert clock.grade is Grade.ATTENTION
    assert f" s {word} Kie.ai's" in clock.found


def _job(account: str, at: float) -> Job:
    return Job(
        id="job_1",
        account=account,
        kind=Kind.IMAGE,
        model="google/nano-banana",
        order={},
        fingerprint="1",
        task_id="1",
        created_at=at,
        updated_at=at,
    )
