"""Names that a system or a model has changed: the file that is meant is found, and never one outside."""

# ruff: noqa: E501, RUF001 (whole sentences; signs that look alike are what this is about)

import os
import unicodedata
from pathlib import Path

import anyio
import pytest
from inline_snapshot import snapshot

from kie_mcp.catalog import requests
from kie_mcp.errors import OrderError
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.media.inputs.hashed_file import HashedFile
from kie_mcp.media.inputs.inline_file_store import InlineFiles
from kie_mcp.media.inputs.local_files import LocalFiles
from kie_mcp.media.inputs.own_files import InputFiles
from kie_mcp.media.inputs.uploads import Uploads
from kie_mcp.orders.order import ImageOrder
from tests.support.download_links import Hand
from tests.support.media_files import picture

pytestmark = pytest.mark.skipif(os.name == "nt", reason="made of what POSIX has")
MOST = 1024 * 1024
NFC, NFD = (unicodedata.normalize(form, "Bücher") for form in ("NFC", "NFD"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "Pictures"
    root.mkdir()
    return root


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def read(root: Path, given: str) -> str:
    _, file = LocalFiles([root], relative_to=root).open(given, argument="image", most=MOST)
    with file:
        return file.read().decode()


def refused(root: Path, given: str) -> str:
    with pytest.raises(OrderError) as caught:
        read(root, given)
    said = f"{caught.value.message} {caught.value.remedy}".partition(" Give an https")[0]
    return said.replace(str(root), "ROOT")


@pytest.mark.parametrize(
    ("there", "given"),
    [
        ("Screenshot 2026-11-27 at 9.41.07\u202fAM.png", "Screenshot 2026-11-27 at 9.41.07 AM.png"),
        ("Bildschirmfoto\u00a01.png", "Bildschirmfoto 1.png"),
        ("a b.png", "a\u202fb.png"),
        ("a  b.png", "a b.png"),
        (f"{NFD}.png", f"{NFC}.png"),
        (f"{NFC}.png", f"{NFD}.png"),
        (f"{NFD} 1/a\u202fb/c.png", f"{NFC} 1/a b/c.png"),
        ("my fox (1).png", "my\\ fox\\ \\(1\\).png"),
        ("fox & hen's.png", "fox\\ \\&\\ hen\\'s.png"),
        ("my fox.png", '"my fox.png"'),
        ("my fox.png", "'my fox.png'"),
        ("my fox.png", "“my fox.png”"),
        ("my fox.png", "`my fox.png`"),
        ("my fox.png", "<my fox.png>"),
        ("my fox.png", " my fox.png\n"),
        (" my fox.png ", "my fox.png"),
        ("my fox.png", "my%20fox.png"),
        ("my%20fox.png", "my fox.png"),
        ("100%.png", "100%25.png"),
        ("hen’s “fox”.png", 'hen\'s "fox".png'),
        ("hen's.png", "hen’s.png"),
        ("a–b—c‐d.png", "a-b-c-d.png"),
        ("a-b.png", "a–b.png"),
        ("a−b.png", "a-b.png"),
        ("and so on….png", "and so on....png"),
        ("fox\u200b.png", "fox.png"),
        ("family 👨\u200d👩\u200d👧.png", "family 👨👩👧.png"),
        ("heart ♥\ufe0f.png", "heart ♥.png"),
        ("heart ♥.png", "heart ♥\ufe0f.png"),
        ("photo(1).png", "photo（1）.png"),
        ("Ａ１.png", "A1.png"),
        ("ﬁle.png", "file.png"),
        ("ガ.png", "ｶﾞ.png"),
        ("Hawaiʻi.png", "Hawai'i.png"),
        ("fox & hen.png", "fox &amp; hen.png"),
        ("hen's.png", "hen&apos;s.png"),
        ("my fox.png", "my+fox.png"),
        ("my fox.png", "my%2520fox.png"),
        ("fox.png", "\ufefffox\u200e.png"),
    ],
)
def test_the_only_file_that_is_spelled_so_is_taken(there: str, given: str, root: Path) -> None:
    """By a relative path, an absolute one, and as a file URL."""
    put(root, there, "another.png")
    assert read(root, given) == there
    bare = given.strip(" \n\"'“”`<>")
    assert read(root, f"{root}/{bare}") == there
    assert read(root, f"'{root}/{bare}'") == there
    assert read(root, f"file://{root}/{bare.replace('%', '%25')}") == there
    assert read(root, f'"file://{root}/{bare.replace("%", "%25")}"') == there


def test_the_exact_name_comes_first(root: Path) -> None:
    names = ("a b.png", "a\u202fb.png", "a%20b.png", "'a b.png'", f"{NFC}.png", f"{NFD}.png", "a–b.png", "a-b.png")
    put(root, *names)
    for name in names:
        assert read(root, name) == name


def test_the_allowed_folder_itself_may_be_spelled_otherwise(tmp_path: Path) -> None:
    root = tmp_path / f"Meine\u202f{NFD}"
    put(root, "fox.png")
    assert read(root, f"{tmp_path}/Meine {NFC}/fox.png") == "fox.png"
    (tmp_path / "alias").symlink_to(root)
    assert read(tmp_path / "alias", f"{tmp_path}/Meine {NFC}/fox.png") == "fox.png"


def test_a_path_of_home_in_quotes_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(root))
    put(root, "my fox.png")
    for given in ("~/my\\ fox.png", "'~/my fox.png'", "~/my\u00a0fox.png"):
        assert read(root, given) == "my fox.png"


@pytest.mark.parametrize("given", ["sub\\my fox.png", ".\\sub\\my\u00a0fox.png", '"sub\\my fox.png"'])
def test_a_relative_path_is_read_as_windows_writes_it(given: str, root: Path) -> None:
    put(root, "sub/my fox.png", "my fox.png")
    assert read(root, given) == "sub/my fox.png"


@pytest.mark.parametrize("given", ["$HOME/my fox.png", "${HOME}/my fox.png", "%USERPROFILE%\\my fox.png"])
def test_the_home_folder_is_known_by_its_other_names(given: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(root))
    put(root, "my fox.png")
    place = LocalFiles([root], relative_to=root.parent)
    _, file = place.open(given, argument="image", most=MOST)
    with file:
        assert file.read() == b"my fox.png"


@pytest.mark.parametrize(("there", "given"), [("x².png", "x2.png"), ("①.png", "1.png"), ("½.png", "1⁄2.png")])
def test_a_raised_or_circled_figure_is_another_one(there: str, given: str, root: Path) -> None:
    put(root, there)
    refused(root, given)


def test_none_or_several_are_refused_and_the_nearest_are_named(root: Path) -> None:
    put(root, "a\u202fb.png", "a\u00a0b.png", "Portrait.PNG", "x/one.png", "y.png")
    assert {
        given.replace(str(root), "ROOT"): refused(root, given)
        for given in ("a b.png", "portrait.png", "Portrai.PNG", "z/one.png", "x/two.png", f"{root}/x/on.png", "?")
    } == snapshot(
        {
            "a b.png": "image: 'a b.png' is no file on this computer; a relative path begins in ROOT. Did you mean 'a\\xa0b.png' or 'a\\u202fb.png'?",
            "portrait.png": "image: 'portrait.png' is no file on this computer; a relative path begins in ROOT. Did you mean 'Portrait.PNG'?",
            "Portrai.PNG": "image: 'Portrai.PNG' is no file on this computer; a relative path begins in ROOT. Did you mean 'Portrait.PNG'?",
            "z/one.png": "image: 'z/one.png' is no file on this computer; a relative path begins in ROOT.",
            "x/two.png": "image: 'x/two.png' is no file on this computer; a relative path begins in ROOT.",
            "ROOT/x/on.png": "image: 'ROOT/x/on.png' is no file on this computer. Did you mean 'one.png'?",
            "?": "image: '' is no file on this computer; a relative path begins in ROOT.",
        }
    )


@pytest.mark.parametrize("given", ["out/see cret.png", "see cret.png", "../Elsewhere/see cret.png", "up/see cret.png"])
def test_what_lies_outside_is_neither_read_nor_named(given: str, root: Path) -> None:
    put(root.parent, "Elsewhere/see\u202fcret.png", "see\u202fcret.png", "Elsewhere/see crets.png")
    (root / "out").symlink_to(root.parent / "Elsewhere")
    (root / "up").symlink_to("..")
    (root / "see\u00a0cret.png").symlink_to(root.parent / "see\u202fcret.png")
    for form in (
        given,
        f"'{given}'",
        f"{root}/{given}",
        f"file://{root}/{given}",
        f"{root.parent}/Pictures/../{given}",
    ):
        said = refused(root, form)
        assert "mean" not in said
        assert "u202f" not in said


def test_what_is_outside_is_refused_alike_whether_something_is_spelled_so_or_not(root: Path) -> None:
    put(root.parent, "se\u202fcret.png")
    there, not_there = (refused(root, f"{root.parent}/{name}.png") for name in ("se cret", "no thing"))
    assert there.replace("se cret", "no thing") == not_there


@pytest.mark.parametrize("swap", ["vanishes", "folder vanishes", "folder becomes a file"])
@pytest.mark.parametrize("given", ["sub/my fox.png", "sub/my\u202ffox.png"])
def test_a_file_that_vanishes_while_it_is_looked_up_is_a_refusal(swap: str, given: str, root: Path) -> None:
    put(root, "sub/my fox.png")

    def late(path: str, flags: int) -> int:
        match swap:
            case "vanishes":
                Path(path).unlink()
            case "folder vanishes":
                (root / "sub").rename(root.parent / "gone")
            case _:
                (root / "sub").rename(root.parent / "gone")
                (root / "sub").write_bytes(b"")
        return os.open(path, flags)

    place = LocalFiles([root], relative_to=root, open_file=late)
    with pytest.raises(OrderError, match="is no file on this computer"):
        place.open(given, argument="image", most=MOST)


def test_a_file_that_was_ordered_is_opened_by_its_exact_name_only(root: Path) -> None:
    put(root, "my fox.png")
    place = LocalFiles([root], relative_to=root)
    with pytest.raises(OrderError, match="is no file on this computer"):
        place.open(f"file://{root}/my%C2%A0fox.png", argument="image", most=MOST, ordered=True)


async def _unsent(source: HashedFile, *, name: str) -> str:
    raise NotImplementedError


def inputs(root: Path, place: LocalFiles) -> InputFiles:
    uploads = Uploads(_unsent, SqliteLedger(root.parent / "jobs.sqlite3"), Hand(), account="me")
    return InputFiles(place, InlineFiles(root.parent / "inputs", Hand()), uploads)


@pytest.mark.parametrize("given", ["my fox.png", " 'my fox.png' ", "my\u00a0fox.png", "my%20fox.png"])
def test_an_order_takes_the_file_by_where_it_really_is(given: str, root: Path) -> None:
    (root / "my\u202ffox.png").write_bytes(picture())
    order = requests.check(ImageOrder(model="", prompt="x", images=(given,)))
    [(argument, reference)] = order.files().items()
    taken = anyio.run(
        lambda: inputs(root, LocalFiles([root], relative_to=root)).take(reference, order, argument=argument)
    )
    assert taken.reference.startswith((root / "my\u202ffox.png").as_uri())


def test_a_file_that_can_be_opened_and_not_read_is_a_refusal(root: Path) -> None:
    """As when its disk has gone meanwhile."""
    (root / "fox.png").write_bytes(picture())
    place = LocalFiles([root], relative_to=root, open_file=lambda path, _: os.open(path, os.O_WRONLY))
    order = ImageOrder(model="google/nano-banana", prompt="x", images=("fox.png",))
    with pytest.raises(OrderError, match=r"^images\[0\]: fox.png cannot be read \(bad file descriptor\)\."):
        anyio.run(lambda: inputs(root, place).take("fox.png", order, argument="images[0]"))


@pytest.mark.parametrize("quotes", ['""', "''", "``", "<>", "“”", "‘’", "„“"])
@pytest.mark.parametrize("link", ["https://example.com/fox.png", "kie://jobs/job_abc/outputs/0"])
def test_a_link_in_quotation_marks_is_the_link(link: str, quotes: str) -> None:
    order = ImageOrder(model="", prompt="x", images=(f" {quotes[0]}{link}{quotes[1]} ",))
    assert requests.check(order).images == (link,)
