"""Whatever is handed in as a file, it is taken from an allowed folder, or refused by the name of its argument."""

import base64
import hashlib
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kie_mcp.catalog import requests
from kie_mcp.errors import OrderError
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.media.inputs.hashed_file import HashedFile
from kie_mcp.media.inputs.inline_file_store import InlineFiles
from kie_mcp.media.inputs.local_files import LocalFiles
from kie_mcp.media.inputs.own_files import InputFiles, is_file_reference
from kie_mcp.media.inputs.uploads import Uploads
from kie_mcp.orders.job_uris import parse_output_uri
from kie_mcp.orders.order import ImageOrder
from kie_mcp.orders.own_file_uris import parse_input_uri
from kie_mcp.urls import check_url
from tests.support.download_links import Hand
from tests.support.media_files import picture

posix = pytest.mark.skipif(os.name == "nt", reason="made of what POSIX has")

INSIDE, SECRET = picture("png", (31, 17)), picture("png", (99, 99))
ROOT = "ROOT"
"""Stands for the allowed folder in what is drawn: where it is differs from run to run."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An allowed folder with ways out, and around it what nobody may read."""
    above = tmp_path_factory.mktemp("references")
    root = above / "allowed"
    (root / "sub").mkdir(parents=True)
    (above / "allowed-evil").mkdir()
    for name in ("a.png", "sub/a.png", "sub/ü #?%.png", "sub/[a].png"):
        (root / name).write_bytes(INSIDE)
    for name in ("secret.png", "allowed-evil/a.png"):
        (above / name).write_bytes(SECRET)
    (root / "out").symlink_to(above / "allowed-evil")
    (root / "up").symlink_to("..")
    (root / "top").symlink_to("/")
    (root / "out.png").symlink_to(above / "secret.png")
    (root / "circle").symlink_to("circle")
    os.mkfifo(root / "fifo.png")
    return root


def inputs(root: Path) -> InputFiles:
    clock = Hand()

    async def send(source: HashedFile, *, name: str) -> str:
        raise NotImplementedError

    uploads = Uploads(send, SqliteLedger(root.parent / "jobs.sqlite3"), clock, account="me")
    return InputFiles(LocalFiles([root], relative_to=root / "sub"), InlineFiles(root.parent / "inputs", clock), uploads)


@contextmanager
def nothing_stays_open() -> Generator[None]:
    folder = Path("/proc/self/fd")
    before = len(list(folder.iterdir())) if folder.exists() else 0
    yield
    assert before == (len(list(folder.iterdir())) if folder.exists() else 0)


PARTS = (
    "..", ".", "", "sub", "out", "up", "top", "circle", "allowed", "allowed-evil", "a.png", "secret.png", "out.png",
    "fifo.png", "ü #?%.png", "[a].png", "%2e%2e", "%2f", "%00", "%ff", "%ed%a0%80", "~", "~root", "$HOME", "\\", "*",
    "a.png#sha256=" + "0" * 64, "proc", "self", "environ", "etc", "passwd", "x" * 300, "\n", "\u202e", "\udce4",
)  # fmt: skip
STARTS = (
    "", "/", "//", "./", "~/", "~nobody/", ROOT + "/", "file:", "file:/", "file://", "file:///", "FILE://localhost/",
    f"file://{ROOT}/", f"file://{ROOT}/sub/", "file://[", "file://server/", "C:\\", "\\\\server\\share\\", "kie://jobs/",
    "kie://jobs/job_" + "a" * 26 + "/outputs/", "job_", "data:", "data:image/png;base64,", "data:image/png;x=1;base64,",
    "https://", "http://", "https://example.com/", "ftp://", "javascript:", "blob:", "\0", " ",
)  # fmt: skip


def _path(start: str, parts: list[str]) -> str:
    return start + "/".join(parts)


def _near(start: str, parts: list[str], last: str) -> str:
    return start + "/".join([*parts, last])


def _data(head: str, data: bytes, tail: str) -> str:
    return f"data:{head};base64,{base64.b64encode(data).decode()}{tail}"


PATHS = st.builds(_path, st.sampled_from(STARTS), st.lists(st.sampled_from(PARTS)))
NEAR = st.builds(
    _near,
    st.sampled_from(["", "./", "../", ROOT + "/", f"file://{ROOT}/", f"file://{ROOT}/sub/../"]),
    st.lists(st.sampled_from(["..", ".", "", "sub", "out", "up", "allowed"]), max_size=4),
    st.sampled_from(["a.png", "a.png", "secret.png", "out.png"]),
)
"""A good part of these are inside."""
ROUGH = st.builds(str.__add__, st.sampled_from(STARTS), st.text(max_size=60))
DATA = st.builds(
    _data,
    st.sampled_from(["image/png", "audio/mpeg", "text/html", "image/png;charset=utf-8", ""]),
    st.binary(max_size=60) | st.just(INSIDE),
    st.sampled_from(["", "=", "\n", "%"]),
)


@posix
@given(PATHS | NEAR | ROUGH | DATA)
@example(ROOT + "/a.png")
@example("[a].png")
@example("file://" + ROOT + "/sub/%C3%BC%20%23%3F%25.png")
@example("a" * 5000)
@example("/" + "a/" * 2000)
@example("file://localhost:x/a.png")
@example("file://\u2100/a.png")
@example("data:image/png;base64," + base64.b64encode(INSIDE).decode())
def test_any_reference_is_taken_from_inside_or_refused_by_its_argument(root: Path, form: str) -> None:
    """First as an order checks it, then as it is opened: the same two steps for every call."""
    with nothing_stays_open():
        reference, refusal = named(root, form.replace(ROOT, str(root)))
    if refusal:
        assert refusal.startswith(("images[0]: ", "images: "))
        assert len(refusal) < 1000
    elif is_file_reference(reference):
        place, digest = parse_input_uri(reference) or ("", "")
        assert digest == hashlib.sha256(INSIDE).hexdigest()
        assert place.startswith(("data:", root.resolve().as_uri() + "/"))
    else:
        assert parse_output_uri(reference) or check_url(reference, argument="images[0]")


def named(root: Path, text: str) -> tuple[str, str]:
    """What the order calls it from here on, or why it is refused."""
    try:
        order = requests.check(ImageOrder(model="google/nano-banana", prompt="a fox", images=(text,)))
        [reference] = order.files().values()
        if not is_file_reference(reference):
            return reference, ""
        taken = anyio.run(lambda: inputs(root).take(reference, order, argument="images[0]"))
    except OrderError as error:
        return "", error.message
    return taken.reference, ""
