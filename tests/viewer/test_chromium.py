"""Whether a missing browser is noticed."""

import pytest

from tests.viewer.chromium import chromium

NOWHERE = ("no-such-browser",)


def test_without_a_browser_the_tests_fail_where_everything_must_hold() -> None:
    with pytest.raises(pytest.fail.Exception, match="need Chromium"):
        chromium(NOWHERE, {"CI": "true"})


def test_without_a_browser_the_tests_are_skipped_elsewhere() -> None:
    with pytest.raises(pytest.skip.Exception, match="need Chromium"):
        chromium(NOWHERE, {})
