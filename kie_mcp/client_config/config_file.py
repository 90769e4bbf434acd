"""Read and replace a client's file: nothing is lost of it, whatever happens meanwhile."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kie_mcp.errors import KieError
from kie_mcp.file_system import create_file, lock_folder, open_regular, replace_file, set_mode, sync, sync_folder

_BOM = "\ufeff"
_LARGEST = 64 * 1024 * 1024
_NEW_MODE = 0o600  # it may hold keys
_OWN = 0o700
"""The permissions of the file's owner."""
_ANY_WRITE = 0o222


class ConfigFileError(KieError):
    """A client's file cannot be read or written, or says something else; nothing was changed."""

    category = "client_config"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file as it was read. Its lines end in a line feed here, as they do in no file of some systems."""

    path: Path
    """The file itself: a link to it was followed."""
    data: bytes | None
    """None if there is no file yet."""
    text: str
    begins_with_bom: bool = False
    has_crlf: bool = False

    def replace(self, text: str, *, private: bool) -> Path | None:
        """Write another text in its place, and return the copy that is kept of the old one; None if there was none.

        `private`: whether nobody but its owner may read it from now on. Raises ConfigFileError.
        """
        whole = text.replace("\n", "\r\n") if self.has_crlf else text
        try:
            data = (_BOM * self.begins_with_bom + whole).encode()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            mode = _NEW_MODE if self.data is None else _read_mode(self.path)
            kept = None if self.data is None else _keep_copy(self.path, self.data, mode & _OWN)
            _write(self, data, mode & _OWN if private else mode)
        except UnicodeEncodeError:
            reason = OSError(errno.EILSEQ, "the path of this program has bytes that are no text")
            raise _describe(self.path, "cannot be written", reason) from None
        except OSError as error:
            raise _describe(self.path, "cannot be written", error) from None
        return kept


def read_config_file(path: Path) -> ConfigFile:
    """Read a client's file; one that does not exist is empty. Raises ConfigFileError."""
    try:
        target = Path(os.path.realpath(path))
        data = _read(target)
    except OSError as error:
        raise _describe(path, "cannot be read", error) from None
    if data is None:
        return ConfigFile(target, None, "")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ConfigFileError(
            f"{path} is not UTF-8, so it is not changed.", remedy="Save it as UTF-8 in an editor, and try again."
        ) from None
    lines, ends = text.count("\n"), text.count("\r\n")
    crlf = lines > 0 and lines == ends
    plain = text.removeprefix(_BOM)
    return ConfigFile(target, data, plain.replace("\r\n", "\n") if crlf else plain, text.startswith(_BOM), crlf)


def _read(path: Path) -> bytes | None:
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return None
    if len(data) > _LARGEST:
        raise OSError(errno.EFBIG, "it has more than 64 MB")
    return data


def _read_mode(path: Path) -> int:
    """Return the permissions of a file. Raises OSError if nobody may write it: then somebody wants it as it is."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & _ANY_WRITE:
        raise OSError(errno.EACCES, "it is read-only")
    return mode


def _keep_copy(path: Path, data: bytes, mode: int) -> Path:
    """Write a copy beside the file, under a name that is not taken; what it holds is nobody's but the owner's."""
    for number in range(1, 1000):
        copy = path.with_name(f"{path.name}.before-kie{'' if number == 1 else f'-{number}'}")
        with suppress(FileExistsError):
            _create(copy, data, mode)
            return copy
    raise OSError(errno.EEXIST, "there are too many copies of it beside it: remove some")


def _write(file: ConfigFile, data: bytes, mode: int) -> None:
    part = file.path.with_name(f".{file.path.name}.{secrets.token_hex(8)}.part")
    try:
        _create(part, data, mode)
        with lock_folder(file.path.parent):
            if _read(file.path) != file.data:
                raise OSError(errno.EBUSY, "another program has changed it just now: quit that, and try again")
            replace_file(part, file.path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(file.path.parent)


def _create(path: Path, data: bytes, mode: int) -> None:
    with os.fdopen(create_file(path), "wb") as file:
        file.write(data)
        file.flush()
        sync(file.fileno())
    set_mode(path, mode)


def _describe(path: Path, what: str, error: OSError) -> ConfigFileError:
    remedy = "Check the file and its folder; or put the entry in by hand: the command without --write shows it."
    return ConfigFileError(f"{path} {what} ({error.strerror or error}).", remedy=remedy)
