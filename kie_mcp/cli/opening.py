"""Open files with the system's viewer."""

import os
import subprocess
import sys
from collections.abc import Sequence

from kie_mcp.console import warn


def open_files(paths: Sequence[str]) -> None:
    """Open each file with the program that the system has for it, and do not wait for that; say it if there is none."""
    for path in paths:
        try:
            _open(path)
        except OSError as error:
            warn(f"kie-mcp: {path} cannot be opened ({error.strerror}); open it by hand.")


def _open(path: str) -> None:
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606 - it is the person's own file, and they asked for it
        return
    command = "open" if sys.platform == "darwin" else "xdg-open"
    silent = subprocess.DEVNULL
    subprocess.Popen(  # noqa: S603 - the same
        [command, path], stdin=silent, stdout=silent, stderr=silent, start_new_session=True
    )
