"""Write the record of a task, in both dialects, as recordInfo answers it and a callback sends it."""

from __future__ import annotations

import json
from typing import Any

from kie_mcp.sandbox.account.scenarios import INVISIBLE_SECONDS, NEVER_SEEN_STATE
from kie_mcp.sandbox.account.tasks import Task
from kie_mcp.sandbox.account.timeline import Clock
from kie_mcp.sandbox.api.answers import NOT_VISIBLE, Answer, success_answer

SUCCESS_FLAG = {"success": 1, "fail": 3}
NEVER_SEEN_BETWEEN = (0.3, 0.8)
"""The part of its life, from 0 to 1, in which a task of the scenario unknown-state shows the unknown state."""

_OUTPUT_KEYS = {"png": "image_url", "jpg": "image_url", "mp3": "audio_url", "wav": "audio_url", "mp4": "video_url"}
"""The other dialect's name of a result, by the end of its URL."""


def answer_look(task: Task, clock: Clock) -> Answer:
    """Return the answer of recordInfo at this moment."""
    if "422-at-first" in task.troubles and task.age(clock) < INVISIBLE_SECONDS:
        return NOT_VISIBLE
    return _spec_record(task, clock) if task.uses_spec() else success_answer(live_record(task, clock))


def live_record(task: Task, clock: Clock) -> dict[str, Any]:
    """Return `data` of the live dialect. Times are Unix milliseconds, costTime is in whole seconds."""
    state = task.state(clock)
    data: dict[str, Any] = {
        "taskId": task.id,
        "model": task.name,
        "state": _shown_state(task, clock),
        "successFlag": SUCCESS_FLAG.get(state, 0),
        "param": task.param(),
        "resultJson": "" if state == "waiting" else None,
        "failCode": None,
        "failMsg": None,
        "costTime": None,
        "createTime": clock.wall_ms(task.created),
        "completeTime": None,
    }
    if state != "waiting":
        data["creditsConsumed"] = float(task.cost)
    ended = task.ended_at(clock)
    if ended is not None:
        data |= _end(task, clock, ended)
    return data


def callback_body(task: Task, clock: Clock) -> dict[str, Any]:
    """Return the body that is POSTed to callBackUrl after the task has ended."""
    data = live_record(task, clock)
    if data["state"] == "success":
        data.pop("response", None)
        return {"code": 200, "msg": "Playground task completed successfully.", "data": data}
    data["costTime"] = 0
    return {"code": 501, "msg": "Playground task failed.", "data": data}


def _end(task: Task, clock: Clock, ended: float) -> dict[str, Any]:
    moment = clock.wall_ms(ended)
    end: dict[str, Any] = {
        "costTime": round(ended - task.created),
        "completeTime": moment,
        "updateTime": moment,
    }
    if task.failure:
        code, msg = task.failure
        return end | {"failCode": code, "failMsg": msg, "creditsConsumed": 0.0}
    if "bad-result" in task.troubles:
        return end | {"resultJson": '{"resultUrls":["' + "".join(task.urls)[:24]}
    result: dict[str, Any] = {"resultUrls": []} if "empty" in task.troubles else task.result
    return end | {"resultJson": json.dumps(result, separators=(",", ":")), "response": result}


def _shown_state(task: Task, clock: Clock) -> str:
    state = task.state(clock)
    early, late = NEVER_SEEN_BETWEEN
    share = task.timeline.share_at(task.age(clock))
    if "unknown-state" in task.troubles and early <= share < late:
        return NEVER_SEEN_STATE
    return state


def _spec_record(task: Task, clock: Clock) -> Answer:
    state = task.state(clock)
    if state == "fail":
        code, msg = task.failure or ("501", "")
        return success_answer({"taskId": task.id, "status": "failed", "errorCode": code, "errorMessage": msg}, code=0)
    if state != "success":
        shown = _shown_state(task, clock)
        status = shown if shown == NEVER_SEEN_STATE else "processing"
        progress = task.timeline.progress_at(task.age(clock))
        return success_answer({"taskId": task.id, "status": status, "progress": progress}, code=0)
    urls = [] if "empty" in task.troubles else task.urls[:1]
    output: dict[str, str] | str = {_OUTPUT_KEYS[url.rpartition(".")[2]]: url for url in urls}
    if "bad-result" in task.troubles:
        output = '{"url":'
    return success_answer({"taskId": task.id, "status": "completed", "output": output}, code=0)
