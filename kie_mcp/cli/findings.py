"""A finding of the doctor: how good it is, what it is about, what was found and what to do."""

from dataclasses import dataclass
from enum import StrEnum


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
