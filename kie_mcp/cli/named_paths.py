"""Find the file or the folder that a person has named on the command line."""

import os
from pathlib import Path

from kie_mcp.setting_values import SettingsError


def find_path(given: str | Path, argument: str) -> Path:
    """Return the whole path of what is named from the working folder; `~` is the home folder, and `~nobody` may stay.

    Raises SettingsError, which names the argument, if the working folder is gone.
    """
    try:
        return Path(os.path.expanduser(given)).absolute()  # noqa: PTH111 - pathlib's own raises for `~nobody`
    except OSError:
        problem = f"the working folder is not there any more, so {given} cannot be found from it."
        remedy = "Change into another folder, or give the whole path."
        raise SettingsError(problem, argument=argument, remedy=remedy) from None
