"""Reading a local file is a privilege: what lies under the allowed folders is opened, and nothing else ever is."""

# ruff: noqa: E501 (whole sentences)

import ntpath
import os
import random
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import cast

import pytest
from inline_snapshot import snapshot

from kie_mcp.errors import OrderError
from kie_mcp.media.inputs.local_files import LocalFiles
from kie_mcp.settings import Settings

INSIDE, SECRET = b"inside", b"secret"
MOST = 1024 * 1024
posix = pytest.mark.skipif(os.name == "nt", reason="made of what POSIX has")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An allowed folder, and around it what nobody may read."""
    root = tmp_path / "allowed"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "allowed-evil").mkdir()
    for name in ("a.png", "sub/b c#1 ü.png", "sub/a.png"):
        (root / name).write_bytes(INSIDE)
    for name in ("secret.png", "allowed-evil/a.png"):
        (tmp_path / name).write_bytes(SECRET)
    return root


def read(root: Path, given: str, *, local_files: bool = True, windows: bool = False) -> bytes:
    """What is read under that name; nothing that was opened stays open."""
    before = open_files()
    try:
        place = LocalFiles([root], relative_to=root / "sub", local_files=local_files, windows=windows)
        _, file = place.open(given, argument="image", most=MOST)
        with file:
            return file.read()
    finally:
        assert open_files() == before


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def refused(root: Path, given: str, *, windows: bool = False) -> str:
    with pytest.raises(OrderError) as caught:
        read(root, given, windows=windows)
    return str(caught.value).replace(str(root.parent), "…")


@pytest.mark.parametrize(
    "form",
    [
        "{root}/a.png",
        "{root}/sub/../a.png",
        "../a.png",
        "a.png",
        "b c#1 ü.png",
        "./../sub/a.png",
        "~/a.png",
        "file://{root}/a.png",
        "FILE://localhost{root}/a.png",
        "file:{root}/a.png",
        "file://{root}/sub/b%20c%231%20%C3%BC.png",
        "file://{root}/sub/%2e%2e/a.png",
    ],
)
@posix
def test_a_file_in_an_allowed_folder_is_read_by_any_form(
    form: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(root))
    assert read(root, form.format(root=root)) == INSIDE


@posix
def test_links_inside_and_an_allowed_folder_that_is_a_link_are_followed(root: Path) -> None:
    (root / "link.png").symlink_to(root / "sub" / "a.png")
    (root.parent / "alias").symlink_to(root)
    assert read(root, f"{root}/link.png") == INSIDE
    assert read(root.parent / "alias", f"{root}/a.png") == INSIDE
    assert read(root.parent / "alias", f"{root.parent}/alias/a.png") == INSIDE


def _symlink_out(root: Path) -> str:
    (root / "out.png").symlink_to(root.parent / "secret.png")
    return f"{root}/out.png"


def _folder_out(root: Path) -> str:
    (root / "out").symlink_to(root.parent / "allowed-evil")
    return f"{root}/out/a.png"


def _chain_out(root: Path) -> str:
    (root / "second").symlink_to(root.parent)
    (root / "first").symlink_to("second")
    return f"{root}/first/secret.png"


def _circle(root: Path) -> str:
    (root / "one").symlink_to("two")
    (root / "two").symlink_to("one")
    return f"{root}/one"


def _fifo(root: Path) -> str:
    os.mkfifo(root / "fifo.png")
    return f"{root}/fifo.png"


def _socket(root: Path) -> str:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "s.png"))
    return f"{root}/s.png"


def _device(root: Path) -> str:
    (root / "null.png").symlink_to("/dev/null")
    return f"{root}/null.png"


def _environment(root: Path) -> str:
    (root / "env.png").symlink_to("/proc/self/environ")
    return f"{root}/env.png"


def _large(root: Path) -> str:
    with (root / "large.png").open("wb") as file:
        file.truncate(10 * 1024**3)
    return f"{root}/large.png"


REFUSALS: dict[str, str | Callable[[Path], str]] = {
    "outside": "{root}/../secret.png",
    "dots": "../../secret.png",
    "dots in a url": "file://{root}/%2e%2e/secret.png",
    "prefix sibling": "{root}-evil/a.png",
    "not there, outside": "/mnt/user-data/uploads/a.png",
    "not there, inside": "{root}/b.png",
    "below a file": "{root}/a.png/a.png",
    "folder": "{root}/sub",
    "root": "{root}",
    "home of nobody": "~nobody-at-all/../../../secret.png",
    "nul": "file://{root}/a.png%00.txt",
    "host": "file://server{root}/a.png",
    "host of windows": "file://///server/share/a.png",
    "query": "file://{root}/a.png?token=canary",
    "url without a path": "file:a.png",
    "no address": "file://[{root}/a.png",
    "drive": "C:\\pictures\\a.png",
    "share": "\\\\server\\share\\a.png",
    "link with a query": "example.com/a.png?token=canary",
    "at": "/home/me/icon@2x.png",
    "process": "/proc/self/environ",
    "device": "/dev/zero",
    "link out": _symlink_out,
    "folder that leads out": _folder_out,
    "links that lead out": _chain_out,
    "circle": _circle,
    "fifo": _fifo,
    "socket": _socket,
    "link to a device": _device,
    "link to a process": _environment,
    "too large": _large,
}


@posix
def test_everything_else_is_refused_with_the_reason(root: Path) -> None:
    texts: dict[str, str] = {}
    for name, form in REFUSALS.items():
        given = form.format(root=root) if isinstance(form, str) else form(root)
        texts[name] = refused(root, given)
    assert "canary" not in str(texts)
    assert texts == snapshot(
        {
            "outside": "image: '…/allowed/../secret.png' is in no folder that this server may read.",
            "dots": "image: '../../secret.png' is in no folder that this server may read.",
            "dots in a url": "image: 'file://…/allowed/%2e%2e/secret.png' is in no folder that this server may read.",
            "prefix sibling": "image: '…/allowed-evil/a.png' is in no folder that this server may read.",
            "not there, outside": "image: '/mnt/user-data/uploads/a.png' is in no folder that this server may read.",
            "not there, inside": "image: '…/allowed/b.png' is no file on this computer.",
            "below a file": "image: '…/allowed/a.png/a.png' is no file on this computer.",
            "folder": "image: '…/allowed/sub' is a folder; a file is needed.",
            "root": "image: '…/allowed' is a folder; a file is needed.",
            "home of nobody": "image: '~nobody-at-all/../../../secret.png' is in no folder that this server may read.",
            "nul": "image: 'file://…/allowed/a.png%00.txt' holds a character that no path has.",
            "host": "image: 'file://server…/allowed/a.png' is a file of another computer; only files on this one are read.",
            "host of windows": "image: 'file://///server/share/a.png' is in no folder that this server may read.",
            "query": "image: 'file://…/allowed/a.png…' is not a file URL such as file:///home/me/cat.png, with ? and # percent-encoded.",
            "url without a path": "image: 'file:a.png' is not a file URL such as file:///home/me/cat.png, with ? and # percent-encoded.",
            "no address": "image: 'file://[…/allowed/a.png' is not a URL that can be read.",
            "drive": "image: 'C:\\\\pictures\\\\a.png' is a path of Windows, and this server does not run there.",
            "share": "image: '\\\\\\\\server\\\\share\\\\a.png' is a path of Windows, and this server does not run there.",
            "link with a query": "image: 'example.com/a.png…' is no file on this computer; a relative path begins in …/allowed/sub.",
            "at": "image: '/home/me/icon@2x.png' is in no folder that this server may read.",
            "process": "image: '/proc/self/environ' is in no folder that this server may read.",
            "device": "image: '/dev/zero' is in no folder that this server may read.",
            "link out": "image: '…/allowed/out.png' is in no folder that this server may read.",
            "folder that leads out": "image: '…/allowed/out/a.png' is in no folder that this server may read.",
            "links that lead out": "image: '…/allowed/first/secret.png' is in no folder that this server may read.",
            "circle": "image: '…/allowed/one' is no ordinary file.",
            "fifo": "image: '…/allowed/fifo.png' is no ordinary file.",
            "socket": "image: '…/allowed/s.png' is no ordinary file.",
            "link to a device": "image: '…/allowed/null.png' is in no folder that this server may read.",
            "link to a process": "image: '…/allowed/env.png' is in no folder that this server may read.",
            "too large": "image: '…/allowed/large.png' has 10,240.0 MB; at most 1 MB are taken.",
        }
    )


def test_a_long_path_is_shown_by_its_two_ends(root: Path) -> None:
    text = refused(root, "~/" + "sub/" * 200 + "a.png")
    assert len(text) < 400
    assert text.startswith("image: '~/sub/")
    assert "sub/a.png' is " in text


@posix
@pytest.mark.parametrize("given", ["/proc/self/environ", "/proc/self/mem", "/sys/kernel/notes", "/dev/zero"])
def test_what_the_kernel_shows_as_files_is_refused_even_if_everything_is_allowed(given: str) -> None:
    assert "is in no folder that this server may read" in refused(Path("/"), given)


def test_a_file_that_belongs_to_somebody_else_is_said_to_be_closed(root: Path) -> None:
    def closed(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", path, flags)

    place = LocalFiles([root], relative_to=root, open_file=closed)
    with pytest.raises(OrderError, match="may not be read by this server"):
        place.open("a.png", argument="image", most=MOST)


def test_what_is_outside_is_refused_alike_whether_it_is_there_or_not(root: Path) -> None:
    """Else a caller could ask what is on the disk."""
    there, not_there = (refused(root, f"{root.parent}/{name}.png") for name in ("secret", "nothing"))
    assert there.replace("secret", "nothing") == not_there


def test_the_way_out_of_a_refusal_names_the_folders_and_the_other_forms(root: Path) -> None:
    with pytest.raises(OrderError) as caught:
        read(root, "/mnt/user-data/uploads/a.png")
    assert caught.value.remedy.replace(str(root), "ROOT") == snapshot(
        "Move it into one of ROOT, ROOT/sub, or add its folder to KIE_INPUT_ROOTS. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a data URI, or the path of a file on this computer. A path of a chat's own sandbox, such as /mnt/user-data, is not on this computer."
    )


def test_a_server_for_others_takes_no_paths(root: Path) -> None:
    with pytest.raises(OrderError) as caught:
        read(root, f"{root}/a.png", local_files=False)
    assert str(caught.value).replace(str(root), "ROOT") == snapshot(
        "image: 'ROOT/a.png' is a local path, and those cannot be handed in over HTTP."
    )
    assert caught.value.remedy == snapshot(
        "Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, or a data URI."
    )


def test_a_file_that_was_ordered_elsewhere_is_read_by_a_server_for_others_too(root: Path) -> None:
    """Its order may be taken over from a process whose callers may name paths."""
    place = LocalFiles([root], relative_to=root, local_files=False)
    with place.open(str(root / "a.png"), argument="image", most=MOST, ordered=True)[1] as file:
        assert file.read(1)


def test_a_share_is_not_even_asked_for_on_windows(root: Path) -> None:
    for given in ("\\\\server\\share\\a.png", "//server/share/a.png", "file:////server/share/a.png"):
        assert "a path on another computer" in refused(root, given, windows=True)


WINDOWS_HOME = PureWindowsPath(r"C:\Users\me")


def on_windows(root: Path, given: str) -> bytes:
    """What is read under a path as Windows writes it, where the folder is the user's and lies on drive C."""

    def lead(path: str) -> str:
        """Where it leads, as the file system of Windows says it, but for a drive and the case of letters."""
        if not path.startswith("C:"):
            return os.path.realpath(path)
        within = PureWindowsPath(ntpath.normpath(path)).relative_to("C:/")
        return os.path.realpath(root.joinpath("C", *within.parts))

    home = root.joinpath("C", *WINDOWS_HOME.parts[1:])
    roots = [home / "Pictures"]
    place = LocalFiles(roots, relative_to=home / "Pictures" / "kie", windows=True, realpath=lead)
    _, file = place.open(given, argument="image", most=MOST)
    with file:
        return file.read()


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    pictures = tmp_path / "C" / "Users" / "me" / "Pictures"
    (pictures / "kie").mkdir(parents=True)
    for name in ("a.png", "b c#1 ü.png", "kie/new.png"):
        (pictures / name).write_bytes(INSIDE)
    (pictures.parent / "secret.png").write_bytes(SECRET)
    return tmp_path


@pytest.mark.parametrize(
    "form",
    [
        r"C:\Users\me\Pictures\a.png",
        "C:/Users/me/Pictures/a.png",
        r"C:\Users/me\Pictures/a.png",
        r"C:\Users\me\Pictures\kie\..\a.png",
        r"C:\Users\me\Pictures\b c#1 ü.png",
        "file:///C:/Users/me/Pictures/a.png",
        "FILE://localhost/C:/Users/me/Pictures/a.png",
        "file:///C%3A/Users/me/Pictures/b%20c%231%20%C3%BC.png",
        "file:/C:/Users/me/Pictures/a.png",
    ],
)
def test_a_file_in_an_allowed_folder_is_read_by_any_form_that_windows_writes(form: str, drive: Path) -> None:
    assert on_windows(drive, form) == INSIDE


@pytest.mark.parametrize(
    "form",
    [
        r"C:\Users\me\secret.png",
        r"C:\Users\me\Pictures\..\secret.png",
        "C:/Users/me/Pictures/../secret.png",
        "file:///C:/Users/me/Pictures/../secret.png",
        "file:///C:/Users/me/Pictures/%2e%2e/secret.png",
        r"file:///C:/Users/me/Pictures/..%5Csecret.png",
    ],
)
def test_what_lies_elsewhere_is_not_read_by_any_form_that_windows_writes(form: str, drive: Path) -> None:
    with pytest.raises(OrderError, match="is in no folder that this server may read"):
        on_windows(drive, form)


def test_a_file_of_windows_that_is_not_there_is_said_without_a_word_of_relative_paths(drive: Path) -> None:
    for form in (r"C:\Users\me\Pictures\b.png", "file:///C:/Users/me/Pictures/b.png"):
        with pytest.raises(OrderError, match=r"is no file on this computer\.$"):
            on_windows(drive, form)


def _no_path_is_left(path: str) -> str:
    """Where a path would lead, said before anything is touched."""
    raise LookupError(path)


@pytest.mark.parametrize(
    ("form", "meant"),
    [
        (r"kie\new.png", r"D:\Bilder\kie\new.png"),
        ("kie/new.png", r"D:\Bilder\kie/new.png"),
        (r"C:\a.png", r"C:\a.png"),
        ("file:///c:/a.png", "c:/a.png"),
    ],
)
def test_a_path_of_windows_begins_in_the_output_folder_unless_it_names_a_drive(form: str, meant: str) -> None:
    output = PureWindowsPath(r"D:\Bilder")
    place = LocalFiles([], relative_to=cast("Path", output), windows=True, realpath=_no_path_is_left)
    with pytest.raises(LookupError) as caught:
        place.open(form, argument="image", most=MOST)
    assert caught.value.args == (meant,)


@contextmanager
def swapping(root: Path, target: Path) -> Generator[None]:
    """A thread that lets *target* lead inside and outside in turn."""
    stop = threading.Event()
    outside = root.parent / ("allowed-evil" if target.suffix == "" else "secret.png")
    inside = root / "sub" / ("" if target.suffix == "" else "a.png")

    def swap() -> None:
        while not stop.is_set():
            for goal in (outside, inside):
                fresh = root / "fresh"
                fresh.symlink_to(goal)
                fresh.replace(target)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@posix
@pytest.mark.parametrize("descriptors", ["/proc/self/fd", "/nowhere"], ids=["Linux", "others"])
@pytest.mark.parametrize("target", ["flip.png", "flip"])
def test_a_link_that_flips_while_it_is_opened_never_leads_out(root: Path, target: str, descriptors: str) -> None:
    """The last part of the path, and a folder on the way."""
    place = LocalFiles([root], relative_to=root, descriptors=descriptors)
    seen = {"read": 0, "refused": 0}
    with swapping(root, root / target):
        for _ in range(2000):
            try:
                _, file = place.open(target if "." in target else f"{target}/a.png", argument="image", most=MOST)
            except OrderError:
                seen["refused"] += 1
            else:
                with file:
                    assert file.read() == INSIDE
                seen["read"] += 1
    assert all(seen.values()), seen


@posix
@pytest.mark.parametrize("descriptors", ["/proc/self/fd", "/nowhere"], ids=["Linux", "others"])
@pytest.mark.parametrize("swap", ["link", "folder", "folder and back", "fifo", "folder in its place"])
def test_a_swap_between_looking_and_opening_is_noticed(root: Path, swap: str, descriptors: str) -> None:
    """The moment that a thread hits by chance, hit every time."""

    def late(path: str, flags: int) -> int:
        match swap:
            case "link":
                (root / "sub" / "a.png").unlink()
                (root / "sub" / "a.png").symlink_to(root.parent / "secret.png")
            case "folder":
                (root / "sub").rename(root / "gone")
                (root / "sub").symlink_to(root.parent / "allowed-evil")
            case "folder and back":
                return os.open(root.parent / "allowed-evil" / "a.png", flags)
            case "fifo":
                (root / "sub" / "a.png").unlink()
                os.mkfifo(root / "sub" / "a.png")
            case _:
                (root / "sub" / "a.png").unlink()
                (root / "sub" / "a.png").mkdir()
        return os.open(path, flags)

    before = open_files()
    place = LocalFiles([root], relative_to=root, open_file=late, descriptors=descriptors)
    with pytest.raises(OrderError):
        place.open("sub/a.png", argument="image", most=MOST)
    assert open_files() == before


@posix
def test_a_file_that_grows_past_the_limit_before_it_is_opened_is_refused(root: Path) -> None:
    def late(path: str, flags: int) -> int:
        (root / "a.png").write_bytes(bytes(MOST + 1))
        return os.open(path, flags)

    with pytest.raises(OrderError, match="at most"):
        LocalFiles([root], relative_to=root, open_file=late).open("a.png", argument="image", most=MOST)


@posix
@pytest.mark.parametrize("seed", range(8))
def test_no_path_made_of_such_parts_ever_leads_out(root: Path, seed: int) -> None:
    """Four thousand paths by chance, with what leads out and back among their parts."""
    chance = random.Random(seed)
    (root / "out").symlink_to(root.parent / "allowed-evil")
    (root / "up").symlink_to("..")
    (root / "sub" / "top").symlink_to("/")
    (root / "sub" / "in").symlink_to(root)
    parts = [
        "..",
        ".",
        "",
        "sub",
        "out",
        "up",
        "top",
        "in",
        "root",
        "allowed-evil",
        "a.png",
        "secret.png",
        "%2e%2e",
        "~",
    ]
    starts = ["", "/", f"{root}/", f"file://{root}/", "file:///", f"{root.parent}/", "~/"]
    place = LocalFiles([root], relative_to=root / "sub")
    found = 0
    for _ in range(500):
        given = chance.choice(starts) + "/".join(chance.choices(parts, k=chance.randint(1, 5)))
        try:
            real, file = place.open(given, argument="image", most=MOST)
        except OrderError:
            continue
        with file:
            assert file.read() == INSIDE, given
        assert real.is_relative_to(root.resolve())
        found += 1
    assert found


@pytest.mark.parametrize("given", ["A:B", ":A:B", "A:B:", "A::B", " : A: : B:", "A: :B"])
def test_blank_entries_among_the_folders_name_no_folder(given: str) -> None:
    """Else one that an unset variable left behind would be refused, or be the folder in which a client started us."""
    a, b = (str(Path("/", name).absolute()) for name in "ab")
    text = given.replace(":", os.pathsep).replace("A", a).replace("B", b)
    assert Settings.from_environment({"KIE_INPUT_ROOTS": text}).input_roots == (Path(a), Path(b))


def test_a_list_of_blanks_lets_nothing_be_read() -> None:
    assert Settings.from_environment({"KIE_INPUT_ROOTS": f"{os.pathsep} {os.pathsep}"}).input_roots == ()


def test_blanks_inside_the_name_of_a_folder_are_its_own() -> None:
    assert Settings.from_environment({"KIE_INPUT_ROOTS": "/a b/c d"}).input_roots == (Path("/a b/c d"),)
