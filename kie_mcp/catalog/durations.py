"""How long a sound is, or a script once it is spoken, beside what the models of talking videos take."""

from kie_mcp.catalog.registry import Model, estimate, find, models
from kie_mcp.errors import OrderError
from kie_mcp.orders.order import Order, SpeechOrder, TalkingVideoOrder

SLOW, USUAL, FASTEST = 13.0, 15.0, 25.0
"""Characters that are spoken in a second: by a slow voice, as a rule, and by the fastest."""
ABOUT = 1.2
"""How far beyond the advised length audio still counts as about as long."""


def check_audio(order: Order, seconds: float | None) -> None:
    """Raise OrderError if the audio is longer than the model takes, naming those that take it and what they cost.

    None: nobody knows how long it is.
    """
    if not isinstance(order, TalkingVideoOrder) or seconds is None:
        return
    model = find(order.model, order.kind)
    longest = model.takes.audio_seconds
    if longest is None or seconds <= longest:
        return
    problem = f"is {seconds:.1f} s long; {model.id} takes at most {longest:g} s."
    raise OrderError(problem, argument="audio", remedy=_shorter(order, model, seconds))


def check_script(order: Order, script: SpeechOrder, *, argument: str = "script") -> float | None:
    """Estimate the seconds that a text lasts.

    Raises OrderError, naming the argument, if at any pace they are more than the model takes.
    """
    if not isinstance(order, TalkingVideoOrder):
        return None
    model = find(order.model, order.kind)
    longest, least = model.takes.audio_seconds, len(script.text) / FASTEST / script.speed
    if longest is not None and least > longest:
        problem = (
            f"{len(script.text):,} characters last for {least:.0f} s at the very least; "
            f"{model.id} takes at most {longest:g} s."
        )
        raise OrderError(problem, argument=argument, remedy=_shorter(order, model, least))
    return len(script.text) / USUAL / script.speed


def advise(order: Order, seconds: float | None, *, by_default: bool) -> str:
    """Say what there is to know of audio that is longer than is known to go well; empty if it is not.

    Raises OrderError if nobody has named the model: then its price for that length was not wished for either.
    """
    if not isinstance(order, TalkingVideoOrder) or seconds is None:
        return ""
    model = find(order.model, order.kind)
    advised = model.takes.audio_seconds_advised
    if advised is None or seconds <= advised * ABOUT:
        return ""
    remark = f"{model.id} is known to go well up to {advised:g} s, and this lasts about {seconds:.0f} s."
    others = _longer(order, model, seconds)
    if by_default:
        cost = estimate(order, audio_seconds=seconds) or 0
        remedy = f"Name the model: {', '.join(others)}, or {model.id} all the same ({cost:,.0f} credits)."
        raise OrderError(remark, argument="model", remedy=remedy)
    return f"{remark} Meant for that: {others[0]}." if others else remark


def _shorter(order: TalkingVideoOrder, model: Model, seconds: float) -> str:
    others = " or ".join(_longer(order, model, seconds))
    return f"Shorten it, or use {others}." if others else "Shorten it."


def _longer(order: TalkingVideoOrder, model: Model, seconds: float) -> list[str]:
    """The models that take more than this one, each with its length and its price beside this one's."""
    found: list[str] = []
    now = estimate(order, audio_seconds=seconds)
    for other in models(order.kind):
        longest = other.takes.audio_seconds or 0
        price = other.price.credits.get("", next(iter(other.price.credits.values()))) * seconds
        if other is not model and longest >= seconds and longest > (model.takes.audio_seconds or 0):
            beside = f", instead of {now:,.0f}" if now is not None else ""
            found.append(f"{other.id} (up to {longest:g} s: {price:,.0f} credits{beside})")
    return found
