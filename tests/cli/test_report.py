"""The report of the doctor: what is in it, and that nothing is in it that is nobody's business."""

from dataclasses import replace
from pathlib import Path

import pytest

from kie_mcp.cli.findings import Finding, Grade
from kie_mcp.cli.report import make_report, name_report, write_report
from kie_mcp.errors import Trouble
from kie_mcp.jobs.job import Job, Output, Phase
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import Settings
from tests.support.every_state import done

pytestmark = pytest.mark.anyio

KEY = "canary-key-0123456789"
LINK = "https://files.example/it.png?signature=canary"
FINDINGS = (
    Finding(Grade.PROBLEM, "key", f"{KEY} is refused"),
    Finding(Grade.OK, "output folder", "/mnt/Canarius_films and /srv/CANARY-BIRD/out can be written"),
    Finding(Grade.OK, "files", f"{LINK} is reached through http://canary:canary@proxy.example:8080"),
)


async def report_of(home: Path) -> str:
    """The report of a user whose every word holds a canary."""
    settings = Settings.from_environment(
        {
            "KIE_API_KEY": KEY,
            "KIE_HTTP_TOKEN": "canary-token-0123456789",
            "KIE_CALLBACK_URL": "https://hooks.example/canary?canary",
            "KIE_OUTPUT_DIR": str(home / "Pictures"),
            "KIE_STATE_DIR": str(home / "state"),
            "KIE_INPUT_ROOTS": str(home / "Music"),
            "KIE_MAX_JOBS_PER_DAY": "9",
            "HTTPS_PROXY": "http://canary:canary@proxy.example:8080",
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=canary",
        }
    )
    ledger = SqliteLedger(settings.ledger_path)
    await ledger.open()
    trouble = Trouble(category="moderation", message="canary", upstream_message="canary")
    jobs = (
        done(outputs=(Output(url=LINK, path=str(home / "canary.png")),), title="canary"),
        done(Phase.FAILED, id="job_2", task_id="2", fingerprint="2", trouble=trouble, order={"prompt": "canary"}),
    )
    for job in jobs:
        await ledger.adopt(replace_account(job, settings), "worker")
    await ledger.close()
    return await make_report(settings, FINDINGS, 1_790_000_000.0, home, ["canary-bird"])


def replace_account(job: Job, settings: Settings) -> Job:
    return replace(job, account=settings.account)


async def test_it_holds_no_key_no_prompt_no_link_and_no_name(tmp_path: Path) -> None:
    report = await report_of(tmp_path / "canarius")
    assert "canar" not in report.casefold()
    assert str(tmp_path) not in report
    assert "signature" not in report


async def test_it_says_what_a_bug_report_needs(tmp_path: Path) -> None:
    report = await report_of(tmp_path / "somebody")
    for words in (
        "kie-mcp 0.1.0",
        "SQLite 3.",
        "mcp 2.",
        "KIE_API_KEY: set\nKIE_CALLBACK_URL: set\nKIE_HTTP_TOKEN: set",
        "KIE_MAX_JOBS_PER_DAY: 9",
        "KIE_OUTPUT_DIR: ~/Pictures",
        "proxies and certificates: set",
        "OpenTelemetry: traces",
        "problem    key            [key] is refused",
        "latest jobs of this key, at most 1000: 1 failed, 1 succeeded",
        "failed image google/nano-banana: moderation",
    ):
        assert words in report


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / name_report(1_790_000_000.0)
    assert path.name == "kie-mcp-report-20260921-141320.txt"
    write_report(path, "one")
    with pytest.raises(SettingsError, match="it is there already"):
        write_report(path, "two")
    assert path.read_text() == "one"
