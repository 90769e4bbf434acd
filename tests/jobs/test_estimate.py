"""What a job should cost, as the ledger keeps it: a range, or one number as in ledgers of earlier versions."""

from kie_mcp.jobs.estimate import Estimate
from kie_mcp.jobs.job import with_estimate
from tests.support.scripted_kie import make_job


def test_a_job_keeps_its_estimate() -> None:
    job = with_estimate(make_job(), Estimate(3.0, 5.0))
    assert (job.credits_least, job.credits_estimated, job.estimate) == (3.0, 5.0, Estimate(3.0, 5.0))


def test_an_estimate_without_a_range_is_kept_as_earlier_versions_did() -> None:
    job = with_estimate(make_job(), Estimate(4.0, 4.0))
    assert (job.credits_least, job.credits_estimated, job.estimate) == (None, 4.0, Estimate(4.0, 4.0))
    assert make_job(credits_estimated=4.0) == job


def test_what_is_not_known_stays_unknown() -> None:
    assert with_estimate(make_job(credits_estimated=4.0, credits_least=1.0), None).estimate is None
