"""Prices and limits in words, of rows that are made up here: the words follow the rows and not the other way."""

from dataclasses import replace

from kie_mcp.catalog.capabilities import Capabilities
from kie_mcp.catalog.descriptions import (
    describe_choices,
    describe_lengths,
    describe_pictures,
    describe_prices,
    describe_takers,
)
from kie_mcp.catalog.model import Model, Price
from kie_mcp.catalog.models import MODELS
from kie_mcp.orders.kind import Kind

_ROW = next(model for model in MODELS if model.kind is Kind.TALKING_VIDEO)


def row(label: str, price: Price | None = None, **takes: object) -> Model:
    return replace(
        _ROW,
        label=label,
        price=price or _ROW.price,
        takes=Capabilities(prompt_max=1, **takes),  # pyright: ignore[reportArgumentType]
    )


def test_a_price_is_said_once_and_again_where_a_resolution_costs_something_else() -> None:
    cheap = row("cheap", Price(per="second", credits={"480p": 3, "720p": 3, "1080p": 4.5}))
    flat = row("flat", Price(per="second", credits={"": 8}))
    assert describe_prices([cheap, flat]) == "Credits a second: cheap=3 (1080p 4.5), flat=8"
    assert (
        describe_prices([cheap, flat], mark_default=True) == "Credits a second: cheap (default)=3 (1080p 4.5), flat=8"
    )


def test_prices_in_several_units_stand_apart() -> None:
    models = [row("a", Price(per="image", credits={"": 4})), row("b", Price(per="1000 characters", credits={"": 6}))]
    assert describe_prices(models) == "Credits a picture: a=4; Credits per 1,000 characters: b=6"


def test_lengths_are_said_once_for_all_models_that_share_one_and_the_shortest_first() -> None:
    models = [
        row("long", audio_seconds=300),
        row("any"),
        row("longer", audio_seconds=300, audio_seconds_advised=20),
        row("short", audio_seconds_advised=15),
        row("odd", audio_seconds=90),
    ]
    assert describe_lengths(models) == "about 15 s for short, 90 s for odd, 5 min for long and longer"


def test_choices_that_all_models_have_are_not_spoken_of() -> None:
    assert describe_choices([row("a", resolutions=("1K",)), row("b", resolutions=("1K",))], "resolutions") == ""


def test_choices_that_only_some_models_have_are_said_with_them() -> None:
    a, b, c = row("a", resolutions=("1K", "2K")), row("b", resolutions=("1K", "4K")), row("c", resolutions=("1K", "4K"))
    assert describe_choices([a, b, c], "resolutions") == "2K only for a; 4K only for b and c"
    assert describe_choices([a, row("d")], "resolutions") == "only for a"


def test_what_only_some_models_take_is_said_with_them() -> None:
    a, b = row("a", language=True), row("b")
    assert (describe_takers([a, b], "language"), describe_takers([a], "language")) == ("only for a", "")


def test_a_picture_that_every_model_takes_is_of_a_kind_and_size_that_all_take() -> None:
    a = row("a", image_types=("image/webp", "image/png", "image/jpeg"), image_mb=30)
    b = row("b", image_types=("image/jpeg", "image/png"), image_mb=10)
    assert describe_pictures([a, b]) == "PNG or JPEG up to 10 MB"
    assert describe_pictures([row("c", image_types=("image/png",))]) == "PNG"
