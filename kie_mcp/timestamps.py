"""Write times as text, in UTC: ISO 8601, or for people."""

from datetime import UTC, datetime


def iso(seconds: float) -> str:
    """Return a time, given in seconds since 1970, as ISO 8601 to the second: 2026-01-31T23:59:59Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(seconds: float) -> str:
    """Return the day of a time, given in seconds since 1970: 2026-01-31."""
    return iso(seconds).partition("T")[0]


def day_and_time(seconds: float) -> str:
    """Return a time, given in seconds since 1970, for people: 2026-01-31 23:59:59 UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
