"""The options of the command line: what the help says, what is made from the tools' schemas, and what is refused."""

import re
from typing import Any

import pytest
from inline_snapshot import snapshot

from kie_mcp import errors
from kie_mcp.cli.command import list_commands
from kie_mcp.cli.exit_codes import code_of_answer, code_of_error
from kie_mcp.cli.options import build_parser
from kie_mcp.cli.shell_words import rewrite, rewrite_remedy
from kie_mcp.cli.tool_options import PREFIX, option_name, read_schemas, read_tool_options

TOOLS = {"image": "generate_image", "speech": "generate_speech", "video": "create_talking_video", "run": "run_model"}


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "82")  # Python's help leaves two of them empty


def read_help(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    with pytest.raises(SystemExit):
        build_parser().parse_args([*command, "--help"])
    return capsys.readouterr().out


def test_the_help_lists_the_commands_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    told = read_help(capsys)
    assert told[told.index("exit codes:") :] == snapshot("""\
exit codes:
  0    done
  1    failed: what was asked for was not made or not found
  2    arguments or settings are wrong; nothing was ordered
  3    not known yet: a job still runs, or Kie.ai did not confirm it
  4    not ordered: over a ceiling, or nobody agreed to the price
  130  stopped by Ctrl-C; jobs that were sent go on at Kie.ai
  141  nobody reads the output

Settings are environment variables: KIE_API_KEY, KIE_OUTPUT_DIR and others;
the README lists them. `kie-mcp COMMAND --help` says more of a command.
""")
    listed = re.findall(r"^    ([a-z][a-z-]*)(?:  |$)", told, re.MULTILINE)
    assert [*list_commands()] == [name for name in listed if name != "command"]


@pytest.mark.parametrize("command", TOOLS)
def test_an_order_takes_every_argument_of_its_tool(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = read_help(capsys, command)
    assert max(map(len, told.splitlines())) <= 80
    assert "iSO" not in told
    assert not re.search(r"[a-z]_[a-z]", told.replace("{job_id}", ""))
    own = {"prompt", "prompts", "preview", "text", "model", "input"} if command != "video" else {"preview"}
    names = read_schemas()[TOOLS[command]]["properties"].keys() - own
    assert all(f"  {option_name(name)}" in told for name in names)
    for schema in read_schemas()[TOOLS[command]]["properties"].values():
        assert all(
            choice in told.split("options:")[1].replace(",", " ").split() for choice in schema.get("enum", [])[1:-1]
        )


def test_what_is_given_goes_to_the_tool_under_its_own_names() -> None:
    words = ["--sandbox", "speech", "Hello", "--speed", "8", "--voice-speed", "0.9", "--wait", "0", "--new"]
    given = build_parser().parse_args(words)
    assert (given.speed, given.sandbox, given.text) == (8.0, True, "Hello")
    assert read_tool_options(given, "generate_speech") == {"speed": 0.9, "wait_seconds": 0.0, "new": True}
    assert not hasattr(given, "new")
    assert hasattr(given, PREFIX + "new")


WRONG = {
    "image --aspect-ratio 7:5": "argument --aspect-ratio: invalid choice: '7:5'",
    "speech --voice-speed 2": "argument --voice-speed: must be a number from 0.7 to 1.2, not '2'",
    "video --seed 1.5": "argument --seed: must be a whole number from -1 to 2147483647, not '1.5'",
    "run m prompt": "argument KEY=VALUE: must be KEY=VALUE, not 'prompt'",
    "run m --input [1]": "argument --input: must be a JSON object such as",
    "image fox --count 0": "argument --count: must be a whole number of at least 1, not '0'",
    f"run m --input {'[' * 20_000}": "argument --input: must be a JSON object such as",
    "jobs forget": "argument show|save|open: invalid choice: 'forget'",
    "jobs --limit 101": "argument --limit: must be a whole number from 1 to 100, not '101'",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_a_schema_does_not_allow_is_refused_before_anything_is_loaded(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(line.split())
    assert ended.value.code == 2
    assert WRONG[line] in capsys.readouterr().err


def test_a_field_of_a_model_is_json_if_it_can_be() -> None:
    given = build_parser().parse_args(["run", "m", "prompt=rain", "duration=10", "loud=true", "tags=[1]"])
    assert dict(given.fields) == {"prompt": "rain", "duration": 10, "loud": True, "tags": [1]}
    deep = "[" * 20_000
    assert build_parser().parse_args(["run", "m", f"a={deep}"]).fields == [("a", deep)]


KINDS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.KieError)]
TOOL_WORDS = re.compile(r"get_job_status|list_jobs|list_models|new=true|agreed_credits|estimate_only")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_to_do_about_an_error_is_said_in_the_words_of_the_shell(kind: type[errors.KieError]) -> None:
    assert not TOOL_WORDS.search(rewrite_remedy(kind.category, kind.remedy))


def test_an_answer_names_commands_in_place_of_tools() -> None:
    assert rewrite('next: get_job_status(job_id="job_a,job_b", preview=true)') == "next: kie-mcp jobs show job_a,job_b"
    assert rewrite("repeat with another idempotency_key") == "repeat with another --idempotency-key"


CODES: list[tuple[dict[str, Any], int]] = [
    ({"state": "succeeded"}, 0),
    ({"state": "failed", "error": {"category": "budget"}}, 1),
    ({"state": "unconfirmed", "error": {"category": "unconfirmed"}}, 3),
    ({"state": "queued"}, 3),
    ({"error": {"category": "confirmation"}}, 4),
    ({"error": {"category": "invalid_argument"}}, 2),
    ({"estimate_only": True, "jobs": [{}]}, 0),
    ({"state": "failed", "jobs": [{"state": "succeeded"}, {"state": "unconfirmed"}]}, 3),
    ({"state": "failed", "jobs": [{"state": "failed"}, {"state": "running"}]}, 1),
]


@pytest.mark.parametrize(("facts", "code"), CODES)
def test_the_exit_code_says_how_it_stands(facts: dict[str, Any], code: int) -> None:
    assert code_of_answer(facts) == code
    assert code_of_error("no_key") == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_of_a_shell_knows_every_command_and_choice(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = build_parser().parse_args(["completion", shell])
    assert list_commands()["completion"].run(given) == 0
    script = capsys.readouterr().out
    assert all(command in script for command in list_commands())
    assert "--aspect-ratio" in script.replace("'", "") or "aspect-ratio" in script
    assert "nano-banana-2-lite" in script
