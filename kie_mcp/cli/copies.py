"""Copy a saved file into another folder, and overwrite nothing there."""

import filecmp
import shutil
from pathlib import Path

from kie_mcp.setting_values import SettingsError


def copy_file(path: Path, folder: Path) -> Path:
    """Copy a file into a folder, which is made if it is missing; return where it is then.

    A file that is there already and is the same is left as it is. Raises SettingsError if it is another one, or if the
    folder cannot be written.
    """
    target = folder.expanduser().absolute() / path.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as source, target.open("xb") as copy:
            shutil.copyfileobj(source, copy)
    except FileExistsError:
        if target.is_file() and filecmp.cmp(path, target, shallow=False):
            return target
        raise SettingsError(f"--to: {target} is there already, and is another file.", remedy=_OTHER) from None
    except OSError as error:
        raise SettingsError(f"--to: {folder} cannot be used ({error.strerror}).", remedy=_OTHER) from None
    return target


_OTHER = "Choose another folder with --to DIR. The file itself is saved."
