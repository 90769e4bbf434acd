"""Whether there is a ledger: commands that only look make none."""

from pathlib import Path


def may_exist(path: Path) -> bool:
    """Return whether there may be a ledger at that path."""
    try:
        return path.exists()
    except OSError:  # opening it will say what is wrong
        return True
