"""Plan the result of a task by what its model makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kie_mcp.sandbox.account.model import Makes
from kie_mcp.sandbox.studio import film_results, picture_results, sound_results
from kie_mcp.sandbox.studio.work import Result, Work

_PLANS: Mapping[Makes, Callable[[Work], Result]] = {
    "image": picture_results.plan_picture,
    "enlargement": picture_results.plan_enlargement,
    "cutout": picture_results.plan_cutout,
    "segments": picture_results.plan_segments,
    "masks": picture_results.plan_masks,
    "identification": picture_results.plan_identification,
    "speech": sound_results.plan_sound(sound_results.speak),
    "dialogue": sound_results.plan_sound(sound_results.talk),
    "isolation": sound_results.plan_sound(sound_results.isolate),
    "song": sound_results.plan_songs,
    "lyrics": sound_results.plan_lyrics,
    "film": film_results.plan_film,
    "lip-sync": film_results.plan_lip_sync,
    "clip": film_results.plan_clip,
}


def plan_result(work: Work) -> Result:
    """Return the result of a task; the bytes of its files are made when they are first read."""
    return _PLANS[work.model.makes](work)
