"""Copy a saved file into another folder, and overwrite nothing there."""

import filecmp
import shutil
from contextlib import suppress
from pathlib import Path

from kie_mcp.cli.named_paths import find_path
from kie_mcp.setting_values import SettingsError


def copy_file(path: Path, folder: Path) -> Path:
    """Copy a file into a folder, which is made if it is missing; return where it is then.

    A file that is there already and is the same is left as it is. Raises SettingsError if it is another one, or if the
    folder cannot be written.
    """
    target = find_path(folder, "--to") / path.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not _copy(path, target) and not _is_same(path, target):
            raise SettingsError(f"--to: {target} is there already, and is another file.", remedy=_OTHER)
    except OSError as error:
        why = "it is no folder" if isinstance(error, FileExistsError | NotADirectoryError) else error.strerror
        raise SettingsError(f"--to: {folder} cannot be used ({why}).", remedy=_OTHER) from None
    return target


def _copy(path: Path, target: Path) -> bool:
    """Copy the bytes into a new file and return True; False if there is one. Half a copy does not stay."""
    with path.open("rb") as source:
        try:
            copy = target.open("xb")
        except FileExistsError:
            return False
        try:
            with copy:
                shutil.copyfileobj(source, copy)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return True


def _is_same(path: Path, target: Path) -> bool:
    with suppress(OSError):  # it may not be read
        return target.is_file() and filecmp.cmp(path, target, shallow=False)
    return False


_OTHER = "Choose another folder with --to DIR. The file itself is saved."
