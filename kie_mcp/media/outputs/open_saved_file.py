"""Open the saved file of an output; notice when it is missing or has another length than was saved."""

import errno
import stat
from pathlib import Path

from kie_mcp.jobs.job import Job, Output
from kie_mcp.media.inputs.hashed_file import HashedFile, open_own


def is_there(output: Output) -> bool:
    """Return whether the file of an output exists with the length that was saved, blocking."""
    try:
        open_saved(output).close()
    except OSError:
        return False
    return True


def is_changed(job: Job, index: int, folder: Path) -> bool:
    """Return whether the file of an output in the folder now has another length, blocking.

    Somebody may have edited it, so it must not be overwritten.
    """
    output = job.outputs[index] if index < len(job.outputs) else None
    if output is None or output.path is None or output.bytes is None:
        return False
    try:
        status = (folder / Path(output.path).name).lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size not in {0, output.bytes}


def open_saved(output: Output) -> HashedFile:
    """Open the file of an output, blocking; raises OSError if it is missing or has another length."""
    if output.path is None:
        raise FileNotFoundError(errno.ENOENT, "it is not saved")
    return open_own(Path(output.path), length=output.bytes)
