"""An address says which job it is about, and which of its files."""

import pytest

from kie_mcp.orders.job_uris import output_uri, parse_job_uri, parse_output_uri

FOX = "https://example.com/fox.png"


def test_an_output_is_named_and_found_by_its_uri():
    assert parse_output_uri(output_uri("job_abc", 2)) == ("job_abc", 2)
    for wrong in ("kie://jobs/job_abc", "kie://jobs/a/b/outputs/0", "kie://jobs/job_abc/outputs/-1", FOX):
        assert parse_output_uri(wrong) is None


@pytest.mark.parametrize(
    ("uri", "about"),
    [
        ("kie://jobs/job_abc", ("job_abc", None)),
        ("kie://jobs/job_abc/outputs/2", ("job_abc", 2)),
        ("kie://jobs/job_abc/outputs/x", ("job_abc/outputs/x", None)),
        ("kie://jobs/", ("", None)),
        ("kie://jobs", None),
        (" kie://jobs/job_abc", None),
        ("kie://models", None),
    ],
)
def test_an_address_tells_which_job_it_is_about(uri: str, about: tuple[str, int | None] | None):
    """No job is called as the third and the fourth say: whoever looks for it finds none."""
    assert parse_job_uri(uri) == about
