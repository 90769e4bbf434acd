"""Each row against the sandbox's own, which was written apart from it: a mistake in one of them shows here."""

from collections.abc import Iterator
from typing import Any

import pytest

from kie_mcp.catalog import prices, requests
from kie_mcp.catalog.model import Model
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.sound_length import known_length
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.order import ImageOrder, Order, SpeechOrder, TalkingVideoOrder
from kie_mcp.sandbox.account.models import MODELS as SANDBOX
from kie_mcp.sandbox.account.models import find_refusal

FOX, HELLO = "https://example.com/fox.png", "https://example.com/hello.mp3"
SECONDS = 12.0
ORDERS: dict[Kind, tuple[type[Order], dict[str, Any]]] = {
    Kind.IMAGE: (ImageOrder, {"prompt": "a fox"}),
    Kind.SPEECH: (SpeechOrder, {"text": "Hello."}),
    Kind.TALKING_VIDEO: (TalkingVideoOrder, {"image": FOX, "audio": HELLO}),
}
CHOICES = {
    "upscale": "upscale_factors",
    "aspect_ratio": "aspect_ratios",
    "resolution": "resolutions",
    "output_format": "formats",
    "voice": "voices",
}
RANGES = ("seed", "speed", "stability", "similarity_boost")


def least(model: Model) -> dict[str, Any]:
    """The least that can be said in an order for the model."""
    words = {"prompt": ""} if model.kind is Kind.IMAGE and not model.takes.prompt_max else {}
    return ORDERS[model.kind][1] | words | ({"images": (FOX,)} if model.takes.images_min else {})


def extremes(model: Model) -> Iterator[dict[str, Any]]:
    """What can be said of a model's arguments, each choice and each end of a range once."""
    takes = model.takes
    yield {}
    yield {"text" if model.kind is Kind.SPEECH else "prompt": "x" * takes.prompt_max}
    yield from ({name: choice} for name, field in CHOICES.items() for choice in getattr(takes, field))
    yield from ({name: end} for name in RANGES for end in getattr(takes, f"{name}_range") or ())
    if takes.images_max:
        yield {"images": (FOX,) * takes.images_max}
    if takes.language:
        yield {"language": "de"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_the_sandbox_takes_what_the_row_allows_at_the_price_that_the_row_says(model: Model) -> None:
    for changes in extremes(model):
        order = requests.check(ORDERS[model.kind][0](model=model.id, **least(model) | changes))
        request = requests.build(order, {})
        assert request.model in SANDBOX, "Give the model a row in kie_mcp/sandbox/account/models.py, too."
        assert find_refusal(request.model, request.input) is None, changes
        if model.price.by_side:  # that depends on the picture, which nobody has here
            continue
        cost = SANDBOX[request.model].price(request.input, SECONDS)
        price = prices.estimate(order, audio=known_length(SECONDS))
        assert price is not None
        assert price.least == price.most == pytest.approx(cost, abs=0.01), changes


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_the_sandbox_makes_videos_of_the_longest_sound_that_the_row_allows(model: Model) -> None:
    if model.kind is Kind.TALKING_VIDEO:
        longest = model.takes.audio_seconds or model.takes.audio_seconds_advised or 0
        assert 0 < longest <= SANDBOX[model.id].longest_audio
