"""Moments as they are written down and told: ISO 8601, in UTC."""

from datetime import UTC, datetime


def iso(seconds: float) -> str:
    """Return a moment, in seconds since 1970, to the second: 2026-01-31T23:59:59Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(seconds: float) -> str:
    """Return the day of a moment: 2026-01-31."""
    return iso(seconds).partition("T")[0]
