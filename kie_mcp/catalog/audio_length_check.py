"""Check the length of a sound, or of a script once it is spoken, against what the models of talking videos take."""

from kie_mcp.catalog.models import Model
from kie_mcp.catalog.prices import estimate
from kie_mcp.catalog.registry import find, models
from kie_mcp.errors import OrderError
from kie_mcp.orders.order import Order

SLOW, USUAL, FASTEST = 13.0, 15.0, 25.0
"""Characters spoken in a second: by a slow voice, by a usual one, and by the fastest."""
ABOUT = 1.2
"""The factor by which audio may exceed the advised length before there is a remark about it."""


def check_audio(order: Order, seconds: float | None) -> None:
    """Raise OrderError if the audio is longer than the model takes, naming the models that take it, with their prices.

    `seconds` None: the length is not known, and nothing is checked.
    """
    if seconds is None or "audio" not in order.file_fields:
        return
    model = find(order.model, order.kind)
    longest = model.takes.audio_seconds
    if longest is None or seconds <= longest:
        return
    problem = f"is {seconds:.1f} s long; {model.id} takes at most {longest:g} s."
    raise OrderError(problem, argument="audio", remedy=_recommend_shorter(order, model, seconds))


def check_script(order: Order, script: Order, *, argument: str = "script") -> float | None:
    """Estimate how many seconds a script will last as the order's audio; None if the script is not spoken.

    Raises OrderError, naming *argument*, if even the fastest voice needs more than the model takes.
    """
    least = script.spoken_seconds(FASTEST)
    if least is None or "audio" not in order.file_fields:
        return None
    model = find(order.model, order.kind)
    longest = model.takes.audio_seconds
    if longest is not None and least > longest:
        problem = (
            f"{len(script.words):,} characters last at least {least:.0f} s; {model.id} takes at most {longest:g} s."
        )
        raise OrderError(problem, argument=argument, remedy=_recommend_shorter(order, model, least))
    return script.spoken_seconds(USUAL)


def advise(order: Order, seconds: float | None, *, by_default: bool) -> str:
    """Return a remark about audio that is longer than the model's advised length; empty if there is none to make.

    Raises OrderError if the model was chosen by default: nobody has agreed to its price for such a length then.
    """
    if seconds is None or "audio" not in order.file_fields:
        return ""
    model = find(order.model, order.kind)
    advised = model.takes.audio_seconds_advised
    if advised is None or seconds <= advised * ABOUT:
        return ""
    remark = f"{model.id} is known to go well up to {advised:g} s, and this lasts about {seconds:.0f} s."
    others = _list_longer(order, model, seconds)
    if by_default:
        cost = estimate(order, audio_seconds=seconds)
        price = f" ({cost.most:,.0f} credits)" if cost else ""
        remedy = f"Name the model: {', '.join(others)}, or {model.id} all the same{price}."
        raise OrderError(remark, argument="model", remedy=remedy)
    return f"{remark} Meant for that: {others[0]}." if others else remark


def _recommend_shorter(order: Order, model: Model, seconds: float) -> str:
    others = " or ".join(_list_longer(order, model, seconds))
    return f"Shorten it, or use {others}." if others else "Shorten it."


def _list_longer(order: Order, model: Model, seconds: float) -> list[str]:
    """List the models that take longer audio than this one, each with its length and its price next to this one's."""
    found: list[str] = []
    now = estimate(order, audio_seconds=seconds)
    for other in models(order.kind):
        longest = other.takes.audio_seconds or 0
        price = other.price.credits.get("", next(iter(other.price.credits.values()))) * seconds
        if other is not model and longest >= seconds and longest > (model.takes.audio_seconds or 0):
            beside = f", instead of {now.most:,.0f}" if now else ""
            found.append(f"{other.id} (up to {longest:g} s: {price:,.0f} credits{beside})")
    return found
