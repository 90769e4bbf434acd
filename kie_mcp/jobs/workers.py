"""The names of the processes that care for jobs, and whether one of them is gone."""

import os
import secrets


def new_worker() -> str:
    """A name for this process that no other has or will have."""
    return f"{os.getpid()}.{secrets.token_hex(8)}"


def gone(worker: str) -> bool:
    """Whether the process of that name has certainly ended; False where that cannot be told."""
    if os.name != "posix":
        return False
    try:
        os.kill(int(worker.partition(".")[0]), 0)
    except ProcessLookupError:
        return True
    except (ValueError, OSError):
        return False
    return False
