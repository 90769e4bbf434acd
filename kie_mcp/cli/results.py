"""Print what has become of jobs: the files' paths on standard output, all else that is said of them on standard error.

So `open "$(kie-mcp image "a red fox")"` works, and a person sees both.
"""

from collections.abc import Iterable

from kie_mcp.cli.session import Facts, Reply
from kie_mcp.cli.shell_words import rewrite, rewrite_remedy
from kie_mcp.cli.terminal import print_lines
from kie_mcp.console import CheckedOutput, UncheckedErrors, say, say_json
from kie_mcp.text import dump_json

_NOT_SAID = ("chain it as: ", "read it as: ")
"""What only an assistant has a use for."""


def print_json(reply: Reply) -> None:
    """Print the structured content; each file that is saved has its `path` there."""
    say_json(reply.facts)


def print_result(reply: Reply, *, remarks: Iterable[str] = ()) -> None:
    """Print what became of the jobs of a reply; *remarks* are said after that."""
    files = list_files(reply)
    is_saved = bool(files) and all("path" in one for one in files)
    left_out = (*_NOT_SAID, *(("file: ", "url: ") if is_saved else ()))
    lines = [line for line in rewrite(reply.text).splitlines() if not line.startswith(left_out)]
    _print_remarks([*lines[:1]])
    say(*[str(one["path"]) for one in files if "path" in one])
    for data in (job["data"] for job in reply.jobs if not files and "data" in job):
        say(dump_json(data))
    _print_remarks([*lines[1:], *remarks])


def print_refusal(reply: Reply) -> None:
    """Print why something was refused, and what to do."""
    error = reply.facts["error"]
    remedy = rewrite_remedy(error["category"], error.get("remedy", ""))
    _print_remarks([f"error: {rewrite(error['message'])}", *remedy.splitlines()])


def print_text(text: str) -> None:
    """Print an answer as it is on standard output, in the words of the shell."""
    lines = [line for line in rewrite(text).splitlines() if not line.startswith(_NOT_SAID)]
    print_lines(lines, CheckedOutput())


def list_files(reply: Reply) -> list[Facts]:
    """Return the files of all jobs of a reply."""
    return [output for job in reply.jobs for output in job.get("outputs", ())]


def _print_remarks(lines: list[str]) -> None:
    print_lines(lines, UncheckedErrors())
