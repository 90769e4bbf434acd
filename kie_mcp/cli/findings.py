"""A finding of the doctor: how good it is, what it is about, what was found and what to do."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from kie_mcp.cli.terminal import STYLES, find_width, is_terminal, make_console, wrap
from kie_mcp.console import CheckedOutput, say, say_json


class Grade(StrEnum):
    """How good a finding is."""

    OK = "ok"
    ATTENTION = "attention"
    """It works, but something about it is worth knowing."""
    PROBLEM = "problem"
    """Something will not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one subject, and what to do; `str()` is its line in the report."""

    grade: Grade
    subject: str
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        todo = f"\n{'':26}-> " + self.remedy.replace("\n", f"\n{'':29}") if self.remedy else ""
        return f"{self.grade:10} {self.subject:14} {self.found}{todo}"


_INDENT = " " * 26


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print the findings: as JSON, in colour and between the words for a terminal, else a line each."""
    if as_json:
        say_json([asdict(finding) for finding in findings])
    elif not is_terminal(sys.stdout):
        say(*findings)
    else:
        from rich.text import Text

        output = CheckedOutput()
        console = make_console(output)
        for finding in findings:
            text = Text("\n".join(format_finding(finding, find_width())))
            text.stylize(STYLES[finding.grade], 0, len(finding.grade))
            console.print(text, soft_wrap=True)
        output.check()


def format_finding(finding: Finding, width: int) -> list[str]:
    """Return the lines of a finding for a terminal of this width."""
    indent = _INDENT if width >= 80 else " " * 4
    head = f"{finding.grade:10} {finding.subject:14} {finding.found}"
    if width < 80:
        head = f"{finding.grade} {finding.subject}: {finding.found}"
    todo = [f"-> {line}" if not place else line for place, line in enumerate(finding.remedy.splitlines())]
    return [
        *wrap(head, width, indent=indent),
        *(part for line in todo for part in wrap(indent + line, width, indent=indent)),
    ]
