"""Estimate how long audio will last that is still to be spoken, by a part of the order or by another job."""

import json
from collections.abc import Iterable, Iterator, Mapping

from pydantic import ValidationError

from kie_mcp.catalog import audio_length_check, requests
from kie_mcp.catalog.sound_length import SoundLength, learn_pace, spoken_length
from kie_mcp.jobs.job import Job
from kie_mcp.orders.any_order import load_order
from kie_mcp.orders.order import Order
from kie_mcp.orders.speech import Speech


def estimate_spoken(
    order: Order, makers: Mapping[str, Order], awaited: Mapping[str, Job], finished: Iterable[Job]
) -> SoundLength | None:
    """Estimate the length of audio that a part or an unfinished job will speak; None if neither will.

    Raises OrderError if it will be longer than the model takes, however fast it is spoken.
    """
    if (script := makers.get("audio")) and (speech := requests.check(script).speech()):
        audio_length_check.check_script(order, speech)
    elif speech := _load_speech(awaited.get("audio")):
        audio_length_check.check_script(order, speech, argument="audio")
    else:
        return None
    return spoken_length(speech, learn_pace(speech, _find_spoken(finished)))


def _find_spoken(jobs: Iterable[Job]) -> Iterator[tuple[Speech, float]]:
    """Find what was spoken in finished jobs, with how many seconds it lasts."""
    for job in jobs:
        speech, seconds = _load_speech(job), job.outputs[0].duration_s if job.outputs else None
        if speech and seconds:
            yield speech, seconds


def _load_speech(job: Job | None) -> Speech | None:
    """Read what a job speaks; None if it does not, or was made elsewhere, so that its text is not known."""
    try:
        return load_order(json.dumps(job.order)).speech() if job and job.order else None
    except ValidationError:
        return None
