"""Parts of an order get their addresses when their jobs have ids."""

import pytest

from kie_mcp.jobs.parts import with_parts
from kie_mcp.orders.order import ImageOrder, TalkingVideoOrder
from kie_mcp.orders.part_file import PartFile
from tests.support.scripted_kie import make_job

FACE, VOICE = PartFile(part="face"), PartFile(part="voice")
FOX = "https://example.com/fox.png"
VIDEO = TalkingVideoOrder(model="actor", image=FACE, audio=VOICE)
MADE = {"voice": "job_8", "face": "job_7"}


def test_an_order_takes_the_first_file_of_each_of_its_parts() -> None:
    job = with_parts(make_job(order=VIDEO.model_dump(mode="json"), waiting_for=("job_2",)), MADE)
    files = {"image": "kie://jobs/job_7/outputs/0", "audio": "kie://jobs/job_8/outputs/0"}
    assert job.order == VIDEO.with_files(files).model_dump(mode="json")
    assert (job.parts, job.waiting_for) == (("job_7", "job_8"), ("job_2", "job_7", "job_8"))


def test_a_part_that_goes_in_twice_is_one_job_and_one_of_another_order_is_none_of_its_own() -> None:
    order = ImageOrder(model="painter", prompt="a fox", images=(FACE, FOX, FACE))
    job = with_parts(make_job(order=order.model_dump(mode="json")), MADE)
    made = "kie://jobs/job_7/outputs/0"
    assert (job.order["images"], job.parts) == ([made, FOX, made], ("job_7",))


def test_a_job_without_parts_stays_as_it_is() -> None:
    assert with_parts(make_job(), {}) == make_job()


def test_no_job_names_a_part_that_nobody_makes() -> None:
    with pytest.raises(KeyError):
        with_parts(make_job(order=VIDEO.model_dump(mode="json")), {"face": "job_7"})
