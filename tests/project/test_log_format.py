"""How a record of the log is written, and that nothing secret is left in it, whoever wrote it."""

import json
import logging

import pytest

from kie_mcp.log_format import JSONFormatter, TextFormatter

KEY = "canary-key-0123456789"
LINK = "https://files.example/cat.png?signature=canary-signature"
JOB = "job_abcdefghijklmnopqrstuvwxyz"


def record(message: str, *values: object, error: Exception | None = None, logger: str = "httpx") -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(logger, logging.WARNING, "file.py", 1, message, values, exc_info)


def raised() -> Exception:
    """An error of a library, with everything in its words that must not be seen."""
    try:
        raise ValueError(f"cannot post to {LINK} with Authorization: Bearer another-canary-token")
    except ValueError as error:
        return error


@pytest.mark.parametrize("formatter", [TextFormatter([KEY]), JSONFormatter([KEY])])
def test_no_secret_is_written_also_not_of_a_library_and_in_a_traceback(formatter: logging.Formatter) -> None:
    line = formatter.format(record("HTTP Request: GET %s with %s\x1b[31m\u202e", LINK, KEY, error=raised()))
    assert "canary" not in line
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert "https://files.example/cat.png?" in line
    assert "[key]" in line
    assert "ValueError" in line


def test_a_record_is_one_line_of_json_that_names_its_job() -> None:
    line = JSONFormatter().format(record(f"job {JOB}:\ntrying again", error=raised(), logger="kie_mcp.jobs.runner"))
    assert "\n" not in line
    facts = json.loads(line)
    assert list(facts) == ["time", "level", "logger", "message", "job_id", "traceback"]
    assert facts["time"].endswith("+00:00")
    assert (facts["level"], facts["logger"]) == ("WARNING", "kie_mcp.jobs.runner")
    assert (facts["message"], facts["job_id"]) == (f"job {JOB}:\ntrying again", JOB)


def test_people_read_a_record_as_lines() -> None:
    assert TextFormatter().format(record("all %s", "well")) == "WARNING httpx: all well"
