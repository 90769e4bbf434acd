"""Check the length of a sound, or of a script once it is spoken, against what the models of talking videos take."""

from kie_mcp.catalog.model import Model
from kie_mcp.catalog.prices import estimate
from kie_mcp.catalog.registry import find, models
from kie_mcp.catalog.sound_length import SoundLength, known_length, shortest_seconds
from kie_mcp.errors import OrderError
from kie_mcp.jobs.estimate import Estimate, format_credits
from kie_mcp.orders.order import Order
from kie_mcp.orders.speech import Speech

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
    raise OrderError(problem, argument="audio", remedy=_recommend_shorter(order, model, known_length(seconds)))


def check_script(order: Order, script: Speech, *, argument: str = "script") -> None:
    """Raise OrderError, naming *argument*, if even the fastest voice needs longer than the order's model takes."""
    if "audio" not in order.file_fields:
        return
    least = shortest_seconds(script)
    model = find(order.model, order.kind)
    longest = model.takes.audio_seconds
    if longest is not None and least > longest:
        problem = (
            f"{len(script.text):,} characters last at least {least:.0f} s; {model.id} takes at most {longest:g} s."
        )
        raise OrderError(problem, argument=argument, remedy=_recommend_shorter(order, model, known_length(least)))


def advise(order: Order, audio: SoundLength | None, *, by_default: bool) -> str:
    """Return a remark about audio that is longer than the model's advised length; empty if there is none to make.

    Raises OrderError if the model was chosen by default: nobody has agreed to its price for such a length then.
    """
    if audio is None or "audio" not in order.file_fields:
        return ""
    model = find(order.model, order.kind)
    advised = model.takes.audio_seconds_advised
    if advised is None or audio.usual <= advised * ABOUT:
        return ""
    remark = f"{model.id} is known to go well up to {advised:g} s, and this lasts about {audio.usual:.0f} s."
    others = _list_longer(order, model, audio)
    if by_default:
        cost = estimate(order, audio=audio)
        price = f" ({format_credits(_round(cost))})" if cost else ""
        remedy = f"Name the model: {', '.join(others)}, or {model.id} all the same{price}."
        raise OrderError(remark, argument="model", remedy=remedy)
    return f"{remark} Meant for that: {others[0]}." if others else remark


def _recommend_shorter(order: Order, model: Model, audio: SoundLength) -> str:
    others = " or ".join(_list_longer(order, model, audio))
    return f"Shorten it, or use {others}." if others else "Shorten it."


def _list_longer(order: Order, model: Model, audio: SoundLength) -> list[str]:
    """List the models that take longer audio than this one, each with its length and its price next to this one's."""
    found: list[str] = []
    now = estimate(order, audio=audio)
    beside = f", instead of {format_credits(_round(now)).removesuffix(' credits')}" if now else ""
    for other in models(order.kind):
        longest = other.takes.audio_seconds or 0
        each = other.price.credits.get("", next(iter(other.price.credits.values())))
        if other is not model and longest >= audio.usual and longest > (model.takes.audio_seconds or 0):
            price = _round(Estimate(each * audio.least, each * audio.most))
            found.append(f"{other.id} (up to {longest:g} s: {format_credits(price)}{beside})")
    return found


def _round(price: Estimate) -> Estimate:
    """Round a price for an advice, where whole credits say enough."""
    return Estimate(float(round(price.least)), float(round(price.most)))
