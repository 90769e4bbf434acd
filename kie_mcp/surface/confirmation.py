"""Puts an order to the person before it is placed, if it may cost more than they let pass unasked.

In the older protocol era the call waits for their answer. In the newer one it is answered with the question, and the
client repeats the call with their answer and with a state that only this process can have made for this very call.
"""

import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from kie_mcp.errors import ConfirmationError
from kie_mcp.jobs.draft import Draft
from kie_mcp.surface.answers.confirmation import Price, Terms, explain_silence, write_question

logger = logging.getLogger(__name__)

T = TypeVar("T")

QUESTION = "order"
"""The name of the question, and of the field with its answer."""
YES, NO = "yes", "no"
FORM: dict[str, Any] = {
    "type": "object",
    "properties": {QUESTION: {"type": "string", "title": "Order it?", "enum": [YES, NO]}},
    "required": [QUESTION],
}
"""A word is asked for: some clients send an empty form without having shown what it means."""
MOST_ANSWERS = 10_000
"""How many answers are remembered with what was ordered for them; each has cost credits."""


class InputNeededError(Exception):
    """The call is to be answered with a question; the client repeats it with the person's answer."""

    def __init__(self, result: InputRequiredResult) -> None:
        super().__init__("the person has to be asked")
        self.result = result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a client carries from the question to the answer; the SDK seals it, and binds it to the call."""

    id: str
    account: str
    most: float
    unpriced: int

    def covers(self, price: Price, account: str) -> bool:
        """Say whether who has agreed to this has agreed to the price: it may have risen since."""
        return self.account == account and self.most >= price.most and self.unpriced >= price.unpriced


class Confirmations:
    """Asks the person, and sees to it that one answer of theirs orders once."""

    def __init__(self) -> None:
        self._ordered: dict[str, Any] = {}
        self._placing = anyio.Lock()

    async def ask(
        self, drafts: Sequence[Draft], ctx: Context[Any, Any], terms: Terms, *, account: str, seconds: float
    ) -> str:
        """Ask whether all of these are to be ordered; return the id of the answer if it is yes.

        Args:
            drafts: What one call would order, each with its parts.
            ctx: The call.
            terms: What may be ordered unasked, and what is known of the account.
            account: Whose order it is.
            seconds: How long the call can wait for an answer.

        Raises ConfirmationError if the answer is no, or if there is none; InputNeededError if the client is to repeat
        the call with it.
        """
        price = terms.sum_prices(drafts)
        if not _can_ask(ctx):
            raise explain_silence(price, terms, "this client cannot put the question to them")
        if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
            asked = _read_state(ctx.request_state)
            answer = (ctx.input_responses or {}).get(QUESTION)
            if asked is None or not asked.covers(price, account) or not isinstance(answer, ElicitResult):
                raise InputNeededError(_build_question(write_question(drafts, price, terms), price, account))
            answer_id = asked.id
        else:
            answer = await _wait_for_answer(ctx, write_question(drafts, price, terms), seconds)
            answer_id = ""  # it comes once, and its call is still there
        if isinstance(answer, str):
            raise explain_silence(price, terms, answer)
        chosen = (answer.content or {}).get(QUESTION) if answer.action == "accept" else answer.action
        if str(chosen) not in {YES, NO, "decline"}:  # some clients close every question when nobody sits before them
            raise explain_silence(price, terms, "the question came back without an answer")
        if chosen != YES:
            problem = "The person was asked and did not agree to the cost. Nothing was ordered."
            raise ConfirmationError(problem, remedy="Do not repeat it unless they ask for it; offer something cheaper.")
        return answer_id

    async def place(self, answer_id: str, place: Callable[[], Awaitable[T]]) -> T:
        """Place what the answer allows; a repeated answer gets what was placed for it before.

        Without an id there is nothing that could be repeated.
        """
        if not answer_id:
            return await place()
        async with self._placing:
            await anyio.lowlevel.checkpoint_if_cancelled()
            if answer_id not in self._ordered:
                with anyio.CancelScope(shield=True):  # once it is written down, that must be remembered
                    self._ordered[answer_id] = await place()
                if len(self._ordered) > MOST_ANSWERS:
                    del self._ordered[next(iter(self._ordered))]
            return self._ordered[answer_id]


def _can_ask(ctx: Context[Any, Any]) -> bool:
    """Say whether the client takes questions with a form; one that names no kind of question means forms."""
    able = ctx.client_capabilities
    asks = able.elicitation if able else None
    return asks is not None and (asks.form is not None or asks.url is None)


async def _wait_for_answer(ctx: Context[Any, Any], question: str, seconds: float) -> ElicitResult | str:
    """Return the answer; or why there is none, in words."""
    request = ctx.request_context
    try:
        with anyio.fail_after(seconds):
            answer = await ctx.session.elicit_form(question, FORM, ctx.request_id)
    except TimeoutError:
        return "they did not answer for as long as this client waits for a call"
    except (MCPError, ValidationError) as error:
        logger.info("the client did not answer a question: %s", type(error).__name__)
        return "this client did not put the question to them"
    if request.request is not None and await request.request.is_disconnected():
        return "the call was given up before they answered"
    return answer


def _build_question(question: str, price: Price, account: str) -> InputRequiredResult:
    asked = _Asked(id=secrets.token_hex(16), account=account, most=price.most, unpriced=price.unpriced)
    form = ElicitRequestFormParams(message=question, requested_schema=FORM)
    return InputRequiredResult(
        input_requests={QUESTION: ElicitRequest(params=form)}, request_state=json.dumps(asdict(asked))
    )


def _read_state(state: str | None) -> _Asked | None:
    """Read what this process has sealed; None if the client brings nothing."""
    return _Asked(**json.loads(state)) if state else None
