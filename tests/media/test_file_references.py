"""A file argument becomes a link that Kie.ai can read."""

from dataclasses import replace
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from kie_mcp.errors import DeadLinkError, KieError, OrderError, OutputError, RefusedError, UnreachableError
from kie_mcp.jobs.job import Job, Output, Phase
from kie_mcp.media.inputs.file_references import EarlierOutputs
from kie_mcp.orders.kind import Kind
from tests.support.download_links import JOB, Hand

pytestmark = pytest.mark.anyio

FINISHED = JOB.finished_at or 0.0
REFERENCE = f"kie://jobs/{JOB.id}/outputs/0"
LINK = "https://files.example/a.png"
MINUTE, HOUR = 60.0, 3600.0


class House:
    """A ledger of one job, and a Kie.ai that takes uploads and renews links; both count."""

    def __init__(self, job: Job, *, age: float = 0.0) -> None:
        self.clock = Hand(FINISHED + age)
        self.job = job
        self.uploaded: list[Path] = []
        self.renewed: list[str] = []
        self.broken: KieError | None = None
        self.broken_upload: KieError | None = None
        self.sources = EarlierOutputs(self.find, self.upload, self.renew, self.clock)

    async def find(self, job_id: str) -> Job | None:
        """Look the job up."""
        return self.job if job_id == self.job.id else None

    async def upload(self, path: Path, /, *, length: int | None = None, say: object = None) -> str:
        """Take a file."""
        if error := self.broken_upload or self.broken:
            raise error
        self.uploaded.append(path)
        return f"https://uploads.example/{len(self.uploaded)}"

    async def renew(self, url: str) -> str:
        """Give another link."""
        if self.broken:
            raise self.broken
        self.renewed.append(url)
        return f"{url}?renewed"


def made(**changes: object) -> Job:
    """A succeeded job with one picture."""
    output = Output(url=LINK, mime_type="image/png", expires_at=FINISHED + 24 * HOUR)
    return replace(JOB, phase=Phase.SUCCEEDED, outputs=(replace(output, **changes),))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(b"picture")
    return path


@pytest.mark.parametrize("link", ["https://example.com/face.png?size=2", "http://127.0.0.1:8900/face.png"])
async def test_a_link_passes_as_it_is(link: str) -> None:
    """It was checked before, with the order."""
    house = House(made())

    assert await house.sources.link(link, argument="image") == link
    assert await house.sources.describe(link, argument="image", family="image") is None


async def test_a_young_output_is_handed_on_by_its_own_link(saved: Path) -> None:
    house = House(made(path=str(saved)), age=19 * MINUTE)

    assert await house.sources.link(REFERENCE, argument="image") == LINK
    assert (house.uploaded, house.renewed) == ([], [])


@pytest.mark.parametrize("age", [20 * MINUTE, 30 * HOUR])
async def test_an_older_output_is_uploaded_from_its_file(age: float, saved: Path) -> None:
    house = House(made(path=str(saved)), age=age)

    assert await house.sources.link(REFERENCE, argument="images[2]") == "https://uploads.example/1"
    assert (house.uploaded, house.renewed) == ([saved], [])


async def test_an_output_whose_link_is_known_to_die_early_is_uploaded(saved: Path) -> None:
    house = House(made(path=str(saved), expires_at=FINISHED + MINUTE), age=2 * MINUTE)

    assert await house.sources.link(REFERENCE, argument="image") == "https://uploads.example/1"


@pytest.mark.parametrize("path", [None, "/nowhere/a.png", "/"])
async def test_without_a_file_the_link_is_renewed(path: str | None) -> None:
    house = House(made(path=path), age=HOUR)

    assert await house.sources.link(REFERENCE, argument="image") == f"{LINK}?renewed"


@pytest.mark.parametrize("error", [DeadLinkError("gone"), RefusedError("not ours")])
async def test_an_output_that_is_nowhere_names_the_argument(error: KieError) -> None:
    house = House(made(), age=HOUR)
    house.broken = error

    with pytest.raises(OrderError) as caught:
        await house.sources.link(REFERENCE, argument="image")

    assert str(caught.value) == snapshot(
        "image: 'kie://jobs/job_7kq2abcdefghij/outputs/0': its link has died and it is not saved here; make it again."
    )


async def test_trouble_on_the_way_is_not_taken_for_a_wrong_argument(saved: Path) -> None:
    """The order is right; it can be sent later."""
    house = House(made(path=str(saved)), age=HOUR)
    house.broken = UnreachableError("no network")

    with pytest.raises(UnreachableError):
        await house.sources.link(REFERENCE, argument="image")


async def test_an_upload_that_breaks_off_is_made_up_for_by_a_renewed_link(saved: Path) -> None:
    house = House(made(path=str(saved)), age=HOUR)
    house.broken_upload = OutputError("broke off")

    assert await house.sources.link(REFERENCE, argument="image") == f"{LINK}?renewed"


async def test_an_output_is_described_for_the_checks_of_an_order() -> None:
    sound = Output(url=LINK, mime_type="audio/mpeg", duration_s=4.5)
    house = House(replace(made(), kind=Kind.SPEECH, outputs=(sound,)))

    assert await house.sources.describe(REFERENCE, argument="audio", family="audio") == sound


async def test_an_output_that_was_never_looked_into_is_what_its_job_makes() -> None:
    house = House(made(mime_type=None))

    assert await house.sources.describe(REFERENCE, argument="images[0]", family="image") is not None
    with pytest.raises(OrderError, match="that is a picture, and the argument takes audio"):
        await house.sources.describe(REFERENCE, argument="audio", family="audio")
    house.job = replace(house.job, kind=Kind.OTHER)
    assert await house.sources.describe(REFERENCE, argument="audio", family="audio") is not None
    house.job = replace(house.job, kind=Kind.SPEECH)
    with pytest.raises(OrderError, match="that is audio, and the argument takes a picture"):
        await house.sources.describe(REFERENCE, argument="images[0]", family="image")


async def test_an_output_of_another_family_is_refused() -> None:
    sources = House(made(mime_type="video/mp4")).sources

    with pytest.raises(OrderError, match="that is a video, and the argument takes a picture"):
        await describe(sources, REFERENCE)
    assert await sources.describe(REFERENCE, argument="input.file", family=None) is not None


async def describe(sources: EarlierOutputs, reference: str) -> Output | None:
    return await sources.describe(reference, argument="image", family="image")


@pytest.mark.parametrize("ask", ["link", "describe"])
@pytest.mark.parametrize(
    ("job", "reference", "problem"),
    [
        (made(), "kie://jobs/job_other/outputs/0", "there is no such job here; find it with list_jobs."),
        (made(), REFERENCE[:-1] + "1", "the job has 1 output(s), counted from 0."),
        (replace(made(), phase=Phase.RUNNING), REFERENCE, "the job is running, and only a succeeded one has outputs."),
        (replace(made(), phase=Phase.FAILED), REFERENCE, "the job is failed, and only a succeeded one has outputs."),
        (made(), "/etc/passwd", "give an https:// link or kie://jobs/{job_id}/outputs/{n}."),
        (made(), "kie://models", "give an https:// link or kie://jobs/{job_id}/outputs/{n}."),
    ],
)
async def test_a_refusal_names_the_argument_and_what_was_given(
    ask: str, job: Job, reference: str, problem: str
) -> None:
    sources = House(job).sources

    with pytest.raises(OrderError) as caught:
        await (sources.link(reference, argument="image") if ask == "link" else describe(sources, reference))

    assert str(caught.value) == f"image: {reference!r}: {problem}"
