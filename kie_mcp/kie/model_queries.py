"""Ask Kie.ai about its models, for free, and never more than once a second, which is all that it allows."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import anyio

from kie_mcp.errors import BusyError, UnavailableError
from kie_mcp.kie import model_answers
from kie_mcp.kie.http_call_types import Answer
from kie_mcp.kie.model_answers import MODEL_ID, MarketModel, SuccessPoint, unknown_model_error

if TYPE_CHECKING:
    from kie_mcp.jobs.job import JSON

_MODELS = "/api/v1/models"
APART = 1.1
"""Seconds between two questions; one a second is allowed, whichever of the four it is."""
PATIENCE = 4.0
"""Seconds after which there is no answer: somebody waits to order, and widely used clients give a call up after 5."""
MOST_TRIES = 4
"""How often a question is sent that Kie.ai refuses because there were too many."""
_LONGEST_WAIT = 20.0
"""The most seconds before it is sent again."""
_BUSY = "Wait a minute and call again; it costs nothing."

T = TypeVar("T")


class ModelQueries:
    """The four questions about models; those that are asked side by side go one after another.

    Args:
        ask: Sends a free request to a path of Kie.ai's. Raises KieError.
        now: Seconds since 1970.
        clock: Seconds of any clock that never goes back, by which the questions are kept apart.
        sleep: Waits so many seconds.
        patience: Seconds that one answer may take.
    """

    def __init__(
        self,
        ask: Callable[[str], Awaitable[Answer]],
        now: Callable[[], float],
        *,
        clock: Callable[[], float] = anyio.current_time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        patience: float = PATIENCE,
    ) -> None:
        self._ask = ask
        self._now = now
        self._clock = clock
        self._sleep = sleep
        self._patience = patience
        self._lock = anyio.Lock()
        self._free_at = 0.0
        self._longest = APART

    async def list_models(self) -> tuple[MarketModel, ...]:
        """Ask for all models. Raises CredentialError, BusyError, UnreachableError or UnavailableError, as all do."""
        return await self._send(_MODELS, model_answers.read_models)

    async def read_schema(self, model: str) -> "JSON | None":
        """Ask for a model's OpenAPI object; None if Kie.ai has none. Raises OrderError, too, for an unknown model."""
        return await self._send(_path(model, "schema"), model_answers.read_schema)

    async def read_price(self, model: str) -> str:
        """Ask what a model costs, in prose; empty if Kie.ai does not say. Raises the same as `read_schema`."""
        return await self._send(_path(model, "price"), model_answers.read_price)

    async def read_success_rate(self, model: str) -> tuple[SuccessPoint, ...]:
        """Ask how often a model's jobs succeeded in the last day. Raises the same as `read_schema`."""
        return await self._send(_path(model, "success-rate"), model_answers.read_success_rate)

    async def _send(self, path: str, read: Callable[..., T]) -> T:
        """Send a question when it may go, and again if Kie.ai counts too many."""
        async with self._lock:
            for tries in range(1, MOST_TRIES + 1):
                # A clock of another event loop may be far ahead, so no wait is longer than was ordered.
                if (wait := min(self._free_at - self._clock(), self._longest)) > 0:
                    await self._sleep(wait)
                self._hold(APART)
                answer = await self._ask_in_time(path)
                try:
                    return read(answer.status, answer.headers, answer.body, now=self._now())
                except BusyError as error:
                    if tries == MOST_TRIES:
                        raise error.with_facts(remedy=_BUSY) from None
                    self._hold(min(error.retry_after or APART * 2 ** (tries - 1), _LONGEST_WAIT))
        raise AssertionError("the last try returns or raises")

    async def _ask_in_time(self, path: str) -> Answer:
        try:
            with anyio.fail_after(self._patience):
                return await self._ask(path)
        except TimeoutError:
            raise UnavailableError("Kie.ai did not answer in time.", remedy=_BUSY) from None

    def _hold(self, seconds: float) -> None:
        self._free_at, self._longest = self._clock() + seconds, seconds


def _path(model: str, what: str) -> str:
    """Return the path of a question about a model. Raises OrderError if no model can have that name."""
    if not MODEL_ID.fullmatch(model):
        raise unknown_model_error(model)
    return f"{_MODELS}/{quote(model, safe='/')}/{what}"
