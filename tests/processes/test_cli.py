"""The command line: what it says, where, and with which exit code."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from kie_mcp import __version__
from kie_mcp.cli.command import list_commands
from kie_mcp.cli.options import build_parser
from kie_mcp.jobs.job import Job, Output, Phase
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.orders.kind import Kind
from kie_mcp.sandbox.account.scenarios import SCENARIOS
from kie_mcp.settings import Settings
from tests.support.fork_server import run

COMMANDS = {
    "image": "make, edit or enlarge pictures",
    "speech": "speak a text",
    "serve": "serve MCP over HTTP to the programs of this machine",
    "demo": "make a picture, a voice and a talking video with the sandbox",
    "sandbox": "run the sandbox alone, for other programs",
    "doctor": "check key, connections, folders, SQLite and clock, and say what to do",
    "jobs": "list the latest jobs of this key; show, save or open one",
    "account": "show balance, spending, ceilings and jobs in flight of this key",
}
Ran = subprocess.CompletedProcess[str]


def kie_mcp(*arguments: str, home: Path, **settings: str) -> Ran:
    """Run the command in a home folder of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_"))}
    return run([sys.executable, "-m", "kie_mcp", *arguments], clean | {"HOME": str(home), "COLUMNS": "100", **settings})


def test_version_names_the_program_and_its_version(tmp_path: Path) -> None:
    ran = kie_mcp("--version", home=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, f"kie-mcp {__version__}\n")


def test_help_lists_every_command(tmp_path: Path) -> None:
    ran = kie_mcp("--help", home=tmp_path)
    assert ran.returncode == 0
    said = " ".join(ran.stdout.split())  # how it is laid out is Python's
    assert "An MCP server for Kie.ai: pictures, speech and talking videos. Without a command it serves MCP on" in said
    assert "130 stopped by Ctrl-C; jobs that were sent go on at Kie.ai" in said
    assert "--sandbox use a built-in sandbox: no key, no cost" in said
    assert all(f" {command} {words} " in said for command, words in COMMANDS.items())
    assert "KIE_API_KEY, KIE_OUTPUT_DIR and others; the README lists them." in said


def test_a_wrong_setting_is_named_with_its_remedy_on_stderr(tmp_path: Path) -> None:
    ran = kie_mcp(home=tmp_path, KIE_WAIT_SECONDS="soon", KIE_API_KEY="canary-key")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert re.fullmatch(r"kie-mcp: KIE_WAIT_SECONDS: .+ \(given: 'soon'\)\nCorrect it and start again\.\n", ran.stderr)


BROKEN: dict[str, dict[str, str]] = {
    "a home of nobody": {"KIE_STATE_DIR": "~nobody-at-all/state"},
    "a folder of nobody": {"KIE_OUTPUT_DIR": "~nobody-at-all/out"},
    "a key that is not UTF-8": {"KIE_API_KEY": "canary\udcff"},
    "a URL that is not UTF-8": {"KIE_API_BASE_URL": "https://a\udcff.example"},
    "a token with a space": {"KIE_HTTP_TOKEN": "canary token"},
    "an endless name": {"KIE_STATE_DIR": "/" + "x" * 300},
    "a file for a folder": {"KIE_STATE_DIR": "/dev/null"},
}


@pytest.mark.parametrize("command", ["", "serve", "doctor", "jobs", "account"])
@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_wrong_at_the_start_is_said_with_a_remedy(tmp_path: Path, broken: str, command: str) -> None:
    usual = {"KIE_OUTPUT_DIR": str(tmp_path / "out"), "KIE_STATE_DIR": str(tmp_path / "state")}
    nowhere = {"KIE_API_BASE_URL": "http://127.0.0.1:9", "KIE_UPLOAD_BASE_URL": "http://127.0.0.1:9"}
    arguments = ["serve", "--port", "0"] if command == "serve" else [command] if command else []
    given: dict[str, str] = {"HOME": str(tmp_path)} | usual | nowhere | BROKEN[broken]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_"))}
    ran = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "kie_mcp", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=clean | given,
    )
    said = ran.stdout + ran.stderr
    if broken != "a file for a folder" or command not in {"jobs", "account"}:  # there is no ledger, and it says so
        assert ran.returncode in {1, 2}
    assert "Traceback" not in said
    assert "canary" not in said
    assert len(ran.stderr.splitlines()) in ({0} if command in {"doctor", "jobs", "account"} and not ran.stderr else {2})


def test_an_unknown_command_is_refused(tmp_path: Path) -> None:
    ran = kie_mcp("dance", home=tmp_path)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert "'dance'" in ran.stderr
    assert all(command in ran.stderr for command in COMMANDS)


def test_an_unknown_scenario_is_refused_with_those_there_are(tmp_path: Path) -> None:
    ran = kie_mcp("sandbox", "--scenario", "Slow, earthquake,flood", home=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    said, remedy = ran.stderr.splitlines()
    assert said == "kie-mcp: --scenario: there is no scenario earthquake, flood."
    assert remedy == f"Choose among: {', '.join(SCENARIOS)}"


def test_a_port_of_the_sandbox_that_is_taken_is_told_as_one_of_serve(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = [kie_mcp(command, "--port", str(port), home=tmp_path) for command in ("sandbox", "serve")]
    assert [(ran.returncode, ran.stdout) for ran in told] == [(2, "")] * 2
    assert told[0].stderr == told[1].stderr
    assert told[0].stderr.replace(str(port), "PORT") == snapshot("""\
kie-mcp: Port PORT of 127.0.0.1 cannot be used (address already in use).
Choose another with --port N; 0 picks a free one.
""")


WRONG = ("--port=65536", "--port=-1", "--port=1.5", "--port=x", "--speed=0", "--speed=nan", "--credits=-1")


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_figures_for_the_sandbox_are_refused_in_words(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args(["sandbox", wrong])
    assert caught.value.code == 2
    name, _, value = wrong.partition("=")
    assert re.search(rf"error: argument {name}: must be a .*number .*, not {value!r}$", capsys.readouterr().err.strip())


@pytest.mark.parametrize("host", ["*", "*:*", "https://kie.example", "kie.example/", "a b", ""])
def test_a_host_that_would_let_everybody_in_is_refused(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args(["serve", "--allow-host", host])
    assert caught.value.code == 2
    assert "must be a host such as kie.example or kie.example:8443" in capsys.readouterr().err


@pytest.mark.parametrize("origin", ["*", "null", "app.example", "https://*", "https://app.example/page", "ftp://a.b"])
def test_an_origin_that_no_browser_names_is_refused(origin: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["serve", "--allow-origin", origin])
    assert "must be an origin such as https://app.example" in capsys.readouterr().err


def test_serve_takes_hosts_and_origins_and_the_sandbox_on_either_side() -> None:
    given = ["--allow-host", "Kie.example", "--allow-host", "[::1]:9", "--allow-origin", "https://App.example/"]
    whole = build_parser().parse_args(["serve", *given])
    assert (whole.command, whole.host, whole.port, whole.sandbox) == ("serve", "127.0.0.1", 8766, False)
    assert (whole.allow_host, whole.allow_origin) == (["kie.example", "[::1]:9"], ["https://app.example"])
    assert build_parser().parse_args(["--sandbox", "serve"]).sandbox
    assert build_parser().parse_args(["serve", "--sandbox"]).sandbox
    assert build_parser().parse_args([]).command == "stdio"


@pytest.mark.parametrize("command", list_commands())
def test_every_command_takes_the_sandbox_and_its_speed_on_either_side(command: str) -> None:
    words = [command, *{"run": ["model"], "completion": ["bash"], "config": ["codex"]}.get(command, [])]
    for given in (["--sandbox", "--speed", "10", *words], [*words, "--sandbox", "--speed", "10"]):
        parsed = build_parser().parse_args(given)
        assert (parsed.command, parsed.sandbox, parsed.speed) == (command, True, 10.0)
    assert not build_parser().parse_args(words).sandbox


def test_a_speed_without_the_sandbox_is_refused(tmp_path: Path) -> None:
    ran = kie_mcp("--speed", "10", "image", "a red fox", home=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("kie-mcp: --speed is for the sandbox")


@pytest.mark.parametrize("arguments", [("--sandbox", "doctor"), ("doctor", "--sandbox")], ids=" ".join)
def test_the_doctor_looks_at_the_sandbox_that_a_server_would_use(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    nowhere = {"KIE_API_KEY": "canary-key", "KIE_API_BASE_URL": "http://127.0.0.1:9"}
    folders = {"KIE_OUTPUT_DIR": str(tmp_path / "out"), "KIE_STATE_DIR": str(tmp_path / "state")}
    ran = kie_mcp(*arguments, home=tmp_path, **nowhere, **folders)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "accepted by the sandbox at http://127.0.0.1:" in ran.stdout
    assert ": 1000 credits left" in ran.stdout


def test_an_order_from_a_sandbox_of_its_own_is_one_line_away(tmp_path: Path) -> None:
    ran = kie_mcp("--sandbox", "--speed", "10", "image", "a red fox", "--json", home=tmp_path, KIE_API_KEY="")
    answer = json.loads(ran.stdout)
    assert (ran.returncode, answer["state"], answer["sandbox"]) == (0, "succeeded", True)
    assert Path(answer["outputs"][0]["path"]).read_bytes().startswith(b"\x89PNG")


def test_a_built_in_sandbox_has_no_jobs_yet_and_says_which_one_stays(tmp_path: Path) -> None:
    ran = kie_mcp("--sandbox", "jobs", home=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == snapshot("""\
No jobs: this sandbox began with this command. One that stays is run by: kie-mcp sandbox
""")


def test_without_a_ledger_jobs_says_so(tmp_path: Path) -> None:
    ran = kie_mcp("jobs", home=tmp_path, KIE_STATE_DIR=str(tmp_path / "state"))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == f"No jobs yet: there is no ledger at {tmp_path / 'state' / 'jobs.sqlite3'}\n"
    assert not (tmp_path / "state").exists()


@pytest.mark.anyio
async def test_jobs_shows_the_latest_jobs_of_this_key_and_no_other(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path / "state")
    ledger = SqliteLedger(settings.ledger_path)
    await ledger.open()
    for number, account in enumerate((settings.account, settings.account, "another")):
        await ledger.adopt(_finished(number, account), "worker")
    await ledger.close()
    ran = kie_mcp("jobs", home=tmp_path, KIE_STATE_DIR=str(tmp_path / "state"), TZ="UTC")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == snapshot("""\
time                 kind   state      job    file
2026-11-18 11:06:41  image  succeeded  job_1  /pictures/1.png
2026-11-18 11:06:40  image  succeeded  job_0  https://files.example/a.png
""")
    ran = kie_mcp("jobs", "--limit", "1", home=tmp_path, KIE_STATE_DIR=str(tmp_path / "state"))
    assert len(ran.stdout.splitlines()) == 2


def _finished(number: int, account: str) -> Job:
    return Job(
        id=f"job_{number}",
        account=account,
        kind=Kind.IMAGE,
        model="google/nano-banana",
        order={"prompt": str(number)},
        fingerprint=str(number),
        task_id=str(number),
        created_at=1_795_000_000.0 + number,
        updated_at=1_795_000_000.0 + number,
        phase=Phase.SUCCEEDED,
        outputs=(Output(url="https://files.example/a.png", path=f"/pictures/{number}.png" if number else None),),
    )


def test_the_account_is_told_as_text_or_json_also_without_a_key(tmp_path: Path) -> None:
    folders = {"KIE_OUTPUT_DIR": str(tmp_path / "out"), "KIE_STATE_DIR": str(tmp_path / "state")}
    as_text, as_json = (
        kie_mcp("account", *more, home=tmp_path, KIE_MAX_JOBS_PER_DAY="50", **folders) for more in ((), ("--json",))
    )
    assert (as_text.returncode, as_text.stderr, as_json.returncode, as_json.stderr) == (0, "", 0, "")
    assert as_text.stdout.startswith("balance: not known\nproblem: There is no Kie.ai API key.\n")
    assert "ceilings: 50 jobs a day, 50 left; " in as_text.stdout
    told = json.loads(as_json.stdout)
    assert (told["error"]["category"], told["today"]["jobs"]) == ("no_key", 0)
    assert told["ceilings"] == {"max_jobs_per_day": 50.0, "jobs_left_today": 50.0}
    assert not (tmp_path / "state").exists()


def test_the_account_of_a_built_in_sandbox_is_its_own_and_labelled(tmp_path: Path) -> None:
    ran = kie_mcp("account", "--sandbox", "--json", home=tmp_path)
    told = json.loads(ran.stdout)
    assert (ran.returncode, told["credits_left"], told["sandbox"]) == (0, 1000, True)


@pytest.mark.parametrize("wrong", ["-1", "nan", "inf", "many"])
def test_a_ceiling_that_is_none_is_refused_at_the_start(tmp_path: Path, wrong: str) -> None:
    """Whoever mistypes one must not believe that it holds."""
    ran = kie_mcp("account", home=tmp_path, KIE_MAX_CREDITS_PER_DAY=wrong)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert re.fullmatch(rf"kie-mcp: KIE_MAX_CREDITS_PER_DAY: .+ \(given: '{wrong}'\)\nCorrect it .+\n", ran.stderr)
