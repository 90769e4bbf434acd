"""Open local files that a caller names: only in allowed folders, and checked again once they are open."""

import math
import ntpath
import os
import posixpath
import re
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NoReturn
from urllib.parse import unquote_to_bytes, urlsplit

from kie_mcp.catalog.validate import join_with_or
from kie_mcp.errors import OrderError
from kie_mcp.media.inputs.hashed_file import HashedFile
from kie_mcp.media.inputs.similar_names import find_file, normalize_name, possible_spellings
from kie_mcp.media.outputs.download_limits import MB
from kie_mcp.text import literal, without_middle
from kie_mcp.urls import quote_url

FORMS = (
    "Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a data URI, or the path of a file on this"
    " computer. A path of a chat's own sandbox, such as /mnt/user-data, is not on this computer."
)
ELSEWHERE = "Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, or a data URI."
# No link is followed at the end, no FIFO waits for a writer, no terminal becomes ours.
_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
)
_NEVER = ("/proc", "/sys", "/dev")
"""What the kernel shows there looks like files, but is not."""
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_PLAIN = re.compile(r"[/~.\\]|[A-Za-z]:[\\/]")
_SHOWN = 300


class _NoSuchFileError(OrderError):
    """There is no such file in the allowed folders; a file with a similar name may be meant."""


class LocalFiles:
    """Opens files under the allowed folders.

    Args:
        roots: The folders. Links are resolved first, so a folder may be a link itself.
        relative_to: The folder where a relative path begins.
        local_files: False refuses every path, for a server that cannot know who calls.
        windows: Whether paths are read as Windows writes them.
        realpath: Resolves the links in a path.
        open_file: Opens a path with flags and returns the descriptor.
        descriptors: The folder where Linux shows which path a descriptor has.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        *,
        relative_to: Path,
        local_files: bool = True,
        windows: bool = os.name == "nt",
        realpath: Callable[[str], str] = os.path.realpath,
        open_file: Callable[[str, int], int] = os.open,
        descriptors: str = "/proc/self/fd",
    ) -> None:
        self.roots = tuple(dict.fromkeys((*roots, relative_to)))
        self._relative_to = relative_to
        self._local_files = local_files
        self._windows = windows
        self._paths = ntpath if windows else posixpath
        self._realpath = realpath
        self._open_file = open_file
        self._descriptors = descriptors

    def open(self, given: str, *, argument: str, most: int, ordered: bool = False) -> tuple[Path, HashedFile]:
        """Open a file of at most `most` bytes, blocking; return its real path and the file.

        `ordered`: it was checked when it was ordered, perhaps by another process, so paths are not refused here.
        Raises OrderError naming the argument. Outside of the allowed folders the error is the same whether the file
        exists or not, so that nobody can find out which files there are.
        """
        if not self._local_files and not ordered:
            _refuse(argument, given, "is a local path, and those cannot be handed in over HTTP", remedy=ELSEWHERE)
        try:
            return self._open(self._parse_path(given, argument), given, argument, most)
        except _NoSuchFileError as missing:
            if ordered:
                raise
            return self._open_similar(given, argument, most, missing)

    def _open_similar(self, given: str, argument: str, most: int, missing: OrderError) -> tuple[Path, HashedFile]:
        """Open the file that has a similar name, if there is exactly one; else raise the error for the exact name."""
        near: list[str] = []
        for path in self._possible_paths(given):
            near = []  # only those of the last spelling are shown
            for root, parts in self._split_at_roots(path):
                found = find_file(root, parts, realpath=self._realpath, may_list=self._may_read)
                if found.path:
                    return self._open(found.path, given, argument, most)
                near += found.near
        if near:
            names = join_with_or([literal(name, 255) for name in dict.fromkeys(near)])
            raise missing.with_facts(remedy=f"Did you mean {names}? {missing.remedy}")
        raise missing

    def _possible_paths(self, given: str) -> list[str]:
        paths: list[str] = []
        for text in possible_spellings(given):
            with suppress(OrderError):
                paths.append(self._parse_path(text, ""))
        return paths

    def _split_at_roots(self, path: str) -> list[tuple[str, list[str]]]:
        """List each allowed folder that contains the path, however it is spelled, with the names below it."""
        pure = PureWindowsPath if self._windows else PurePosixPath
        names = list(pure(path).parts)
        found: list[tuple[str, list[str]]] = []
        ways = [str(root) for root in self.roots]
        for root in dict.fromkeys(ways + [self._realpath(way) for way in ways]):
            start = pure(root).parts
            if list(map(normalize_name, start)) == list(map(normalize_name, names[: len(start)])):
                found.append((root, names[len(start) :]))
        return found

    def _open(self, path: str, given: str, argument: str, most: int) -> tuple[Path, HashedFile]:
        real = self._realpath(path)
        self._check_place(real, given, argument)
        try:
            # Opening a device can change it, so check what it is first.
            _check_status(os.lstat(real), given, argument, most)
            opened = HashedFile(self._open_file(real, _FLAGS))
        except OSError as error:
            self._refuse_missing(error, given, argument)
        try:
            self._check_place(self._locate(opened.fileno(), real), given, argument)
            _check_status(os.fstat(opened.fileno()), given, argument, most)
        except OSError as error:
            opened.close()
            self._refuse_missing(error, given, argument)
        except BaseException:
            opened.close()
            raise
        return Path(real), opened

    def _parse_path(self, given: str, argument: str) -> str:
        """Turn what was given into a path, without a look at the disk."""
        path = _path_from_url(given, argument, windows=self._windows) if given[:5].casefold() == "file:" else given
        if "\0" in path:
            _refuse(argument, given, "holds a character that no path has")
        if not self._windows and _DRIVE.match(path):
            _refuse(argument, given, "is a path of Windows, and this server does not run there")
        # Windows would send the user's name and a hash of the password to that computer.
        if self._windows and path[:2] in {"\\\\", "//", "\\/", "/\\"}:
            _refuse(argument, given, "is a path on another computer; only files on this one are read")
        return self._paths.join(str(self._relative_to), self._paths.expanduser(path))  # `~nobody` may stay

    def _may_read(self, real: str) -> bool:
        place = Path(os.path.normcase(real))
        roots = [Path(os.path.normcase(self._realpath(str(root)))) for root in self.roots]
        return not any(map(place.is_relative_to, _NEVER)) and any(map(place.is_relative_to, roots))

    def _check_place(self, real: str, given: str, argument: str) -> None:
        if not self._may_read(real):
            folders = ", ".join(map(str, self.roots))
            remedy = f"Move it into one of {folders}, or add its folder to KIE_INPUT_ROOTS. {FORMS}"
            problem = "is in no folder that this server may read"
            _refuse(argument, given, problem, remedy=remedy, kind=_NoSuchFileError)

    def _locate(self, descriptor: int, real: str) -> str:
        """Return the path of the open file; the path it was opened by may lead elsewhere by now. Raises OSError."""
        try:
            return os.readlink(f"{self._descriptors}/{descriptor}")  # noqa: PTH115 - as it is written there
        except OSError:  # not Linux
            again = self._realpath(real)
            if not os.path.samestat(os.lstat(again), os.fstat(descriptor)):
                raise OSError("it was replaced while it was opened") from None
            return again

    def _refuse_missing(self, error: OSError, given: str, argument: str) -> NoReturn:
        match error:
            case FileNotFoundError() | NotADirectoryError():
                absolute = given.startswith("~") or given[:5].casefold() == "file:" or self._paths.isabs(given)
                hint = "" if absolute else f"; a relative path begins in {self._relative_to}"
                _refuse(argument, given, f"is no file on this computer{hint}", kind=_NoSuchFileError)
            case PermissionError():
                _refuse(argument, given, "may not be read by this server")
            case _:
                why = (error.strerror or str(error) or type(error).__name__).lower()
                _refuse(argument, given, f"cannot be opened ({why})", kind=_NoSuchFileError)


def format_megabytes(size: int) -> str:
    """Format a size that is above a limit in MB, rounded up so that it does not look equal to the limit."""
    return f"{math.ceil(size / MB * 10) / 10:,.1f}"


def _check_status(status: os.stat_result, given: str, argument: str, most: int) -> None:
    if stat.S_ISDIR(status.st_mode):
        _refuse(argument, given, "is a folder; a file is needed")
    if not stat.S_ISREG(status.st_mode):
        _refuse(argument, given, "is no ordinary file")
    if status.st_size > most:
        size = f"has {format_megabytes(status.st_size)} MB; at most {most / MB:g} MB are taken"
        _refuse(argument, given, size, remedy="Hand in a smaller file.")


def _path_from_url(given: str, argument: str, *, windows: bool) -> str:
    try:
        parts = urlsplit(given)
    except ValueError:
        _refuse(argument, given, "is not a URL that can be read")
    if parts.netloc.casefold() not in {"", "localhost"}:
        _refuse(argument, given, "is a file of another computer; only files on this one are read")
    if parts.query or parts.fragment or not parts.path.startswith("/"):
        _refuse(argument, given, "is not a file URL such as file:///home/me/cat.png, with ? and # percent-encoded")
    path = os.fsdecode(unquote_to_bytes(parts.path))
    return path[1:] if windows and re.match(r"/[A-Za-z]:", path) else path


def _refuse(
    argument: str, given: str, problem: str, *, remedy: str = FORMS, kind: type[OrderError] = OrderError
) -> NoReturn:
    raise kind(f"{_quote(given)} {problem}.", argument=argument, remedy=remedy) from None


def _quote(given: str) -> str:
    """Quote what was given, shortened; if it may be a link, without what may be secret in it."""
    if _PLAIN.match(given):
        return repr(without_middle(given, 100, _SHOWN - 100))
    return quote_url(given, _SHOWN)
