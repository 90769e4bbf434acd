"""The sandbox itself: one account with tasks, files and credits, and what each API call does to it."""

from __future__ import annotations

import asyncio
import json
import math
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from kie_mcp.sandbox.account import models, scenarios, timeline
from kie_mcp.sandbox.account.credits import CreditBalance
from kie_mcp.sandbox.account.file_store import FileStore
from kie_mcp.sandbox.account.model import Model
from kie_mcp.sandbox.account.rate_limit import DISCOVERIES, DISCOVERY_SECONDS, RateLimit
from kie_mcp.sandbox.account.tasks import Task
from kie_mcp.sandbox.api import answers
from kie_mcp.sandbox.api.answers import Answer
from kie_mcp.sandbox.api.callbacks import callback_headers, post
from kie_mcp.sandbox.api.records import answer_look, callback_body
from kie_mcp.sandbox.studio.inputs import InputMedia
from kie_mcp.sandbox.studio.media_makers import MediaMakers
from kie_mcp.sandbox.studio.result_files import Studio

CALLBACK_LOOK_SECONDS = 0.1
SCENARIO_FIELDS = ("prompt", "text", "dialogue", "dialogue_turns", "style", "title")
"""The fields in which a task's trouble may be asked for."""


class Sandbox:
    """One account. `tasks` holds its tasks by id, `creates` the body and time of every createTask call."""

    def __init__(
        self,
        *,
        speed: float,
        credits: float,  # noqa: A002  # the account's word
        scenario: str | None,
        seed: int,
        webhook_key: str | None,
        clock: Callable[[], float],
        base_url: str | None,
        makers: MediaMakers,
    ) -> None:
        self.clock = timeline.Clock(clock, time.time() - clock(), speed)
        self.tasks: dict[str, Task] = {}
        self.creates: list[tuple[float, Any]] = []
        self.callbacks: list[tuple[str, int | None]] = []
        """The task id and the answer's status of every callback that was sent; None if nobody answered."""
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311  # repeatable ids are the point
        self.files = FileStore(self._chance, base_url)
        self.studio = Studio(self.files, makers)
        self._balance, self._rate_limit = CreditBalance(credits), RateLimit()
        self._discovery_limit = RateLimit(DISCOVERIES, DISCOVERY_SECONDS)
        self.discoveries: list[tuple[float, str]] = []
        """Time and path of every call about models, also of those that came too soon."""
        self._standing_scenarios = scenarios.parse_known(scenario)
        self._webhook_key = webhook_key
        self._failing: list[Task] = []
        self._refused_once: set[str] = set()
        self._watchers: set[asyncio.Task[None]] = set()

    @property
    def created(self) -> int:
        """How many tasks were created."""
        return len(self.tasks)

    @property
    def credits(self) -> float:
        """The balance now, after the credits of failed tasks were given back."""
        for task in [failing for failing in self._failing if failing.ended_at(self.clock) is not None]:
            self._failing.remove(task)
            self._balance.give_back(task.cost)
        return self._balance.balance

    async def create(self, body: Any, base: str) -> Answer | None:
        """Answer createTask; None means that the connection is to be closed without an answer."""
        self.creates.append((self.clock.now(), body))
        request = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
        made = await self.order(request, base, models.MODELS)
        return made if isinstance(made, Answer) else answer_created(made)

    async def order(self, request: dict[str, Any], base: str, offered: Mapping[str, Model]) -> Task | Answer:
        """Accept the request as a task, if it is one for a model that is offered; otherwise return the refusal."""
        troubles = self._standing_scenarios | _find_scenarios(request)
        refusal = self._refusal(request, troubles, offered)
        if refusal:
            return refusal
        model, given = offered[request["model"]], self._find_picture_of_task(request["input"])
        if given is None:
            return answers.UNKNOWN_TASK
        media = await self.studio.read_inputs(model, given, self.clock.now())
        cost = model.price(given, self.studio.measure_amount(model, given, media))
        # Reading the media took time, in which other tasks may have been accepted.
        if self._rate_limit.is_reached(self.clock.now()):
            return answers.TOO_MANY
        if self.credits < cost or not self._balance.take(cost):
            return answers.NO_CREDITS
        task = self._accept(request, model, troubles, media, cost)
        self._publish(task, given, media, base)
        self._watch(task)
        return task

    def _find_picture_of_task(self, given: dict[str, Any]) -> dict[str, Any] | None:
        """Return the input with the result of the task that it names as its picture; None if there is no such task."""
        if "task_id" not in given:
            return given
        task = self.tasks.get(given["task_id"])
        return {"image_url": task.urls[0]} if task and task.urls else None

    def _refusal(
        self, request: dict[str, Any], troubles: frozenset[str], offered: Mapping[str, Model]
    ) -> Answer | None:
        if self._rate_limit.is_reached(self.clock.now()):
            return answers.TOO_MANY
        refusal = models.find_refusal(request.get("model"), request.get("input"), offered)
        refusal = refusal or scenarios.find_refusal(troubles)
        if refusal or "429" not in troubles:
            return refusal
        key = json.dumps(request, sort_keys=True)
        if key in self._refused_once:
            return None
        self._refused_once.add(key)
        return scenarios.TOO_MANY_ONCE

    def _accept(
        self, request: dict[str, Any], model: Model, troubles: frozenset[str], media: InputMedia, cost: float
    ) -> Task:
        now = self.clock.now()
        self._rate_limit.count(now)
        failure = media.fault or scenarios.find_failure(troubles)
        task = Task(
            id=f"{self._chance.getrandbits(128):032x}",
            name=request["model"],
            model=model,
            body=request,
            created=now,
            timeline=self._plan_timeline(model, request["input"], media.seconds, troubles, fails=failure is not None),
            troubles=troubles,
            cost=cost,
            failure=failure,
        )
        self.tasks[task.id] = task
        if failure:
            self._failing.append(task)
        return task

    def _plan_timeline(
        self, model: Model, given: Any, seconds: float, troubles: frozenset[str], *, fails: bool
    ) -> timeline.TaskTimeline:
        total = timeline.draw_seconds(model.makes, self._chance, len(given.get("text") or ""), seconds)
        if "stuck" in troubles:
            total = math.inf
        return timeline.TaskTimeline(total * (scenarios.SLOW_FACTOR if "slow" in troubles else 1), fails)

    def _publish(self, task: Task, given: dict[str, Any], media: InputMedia, base: str) -> None:
        if task.failure:
            return
        result = self.studio.plan_result(task.model, given, media, f"{self._seed}:{task.id}")
        for name, file in result.files:
            file.sealed = "expired" in task.troubles
            task.urls.append(self.files.put(f"outputs/{task.id}/{name}", file, base))
        task.result = result.describe(task.urls)

    def look(self, task_id: str | None) -> Answer:
        """Answer recordInfo."""
        if not task_id:
            return answers.NO_TASK_ID
        task = self.tasks.get(task_id)
        return answer_look(task, self.clock) if task else answers.NOT_VISIBLE

    def count_discovery(self, path: str) -> bool:
        """Count a call about models; return False, and count nothing, if it came too soon after another."""
        now = self.clock.now()
        self.discoveries.append((now, path))
        if self._discovery_limit.is_reached(now):
            return False
        self._discovery_limit.count(now)
        return True

    def make_link(self, url: object, base: str) -> Answer:
        """Answer download-url: a link that is valid for 20 minutes."""
        link = self.files.make_link(url, base, self.clock.now())
        return answers.success_answer(link) if link else answers.FOREIGN_URL

    def _watch(self, task: Task) -> None:
        url = task.callback_url()
        if url is None or math.isinf(task.timeline.total):
            return
        watcher = asyncio.create_task(self._call_back(task, url))
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)

    async def _call_back(self, task: Task, url: str) -> None:
        while task.ended_at(self.clock) is None:
            left = (task.timeline.total - task.age(self.clock)) / self.clock.speed
            # A test may move the clock, so it is read again soon.
            await asyncio.sleep(max(0.001, min(left, CALLBACK_LOOK_SECONDS)))
        extra = callback_headers(self._webhook_key, task.id, int(self.clock.wall(self.clock.now())))
        body = callback_body(task, self.clock)
        self.callbacks.append((task.id, await self.studio.run_in_thread(lambda: post(url, body, extra))))

    async def close(self) -> None:
        """Stop callbacks that wait and files that are being made."""
        for watcher in tuple(self._watchers):
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        self.studio.close()


def _find_scenarios(request: dict[str, Any]) -> frozenset[str]:
    given = request.get("input")
    words = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    return scenarios.find_named(" ".join(str(words.get(key)) for key in SCENARIO_FIELDS))


def answer_created(task: Task) -> Answer | None:
    """Return the answer of createTask; None if the connection is to be closed without one."""
    if "reset" in task.troubles:
        return None
    if "502-after" in task.troubles:
        return scenarios.GATEWAY_PAGE
    code = 0 if task.uses_spec() else 200
    if "no-id" in task.troubles:
        return answers.success_answer({}, code)
    data = {"taskId": task.id} if code == 0 else {"taskId": task.id, "recordId": task.id}
    return answers.success_answer(data, code)
