"""Define what a row of the sandbox's models says: what the model makes, takes and costs, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kie_mcp.sandbox.account.input_fields import Fields, check_value, is_empty
from kie_mcp.sandbox.api.answers import Answer, refusal_answer

Input = Mapping[str, Any]
Price = Callable[[Input, float], float]
"""Takes an input and how much is made: the seconds of a sound or film, the long edge of an enlarged picture."""

Picture = Literal["image", "enlargement", "cutout", "segments", "masks", "identification"]
Sound = Literal["speech", "dialogue", "isolation", "song", "lyrics"]
Film = Literal["film", "lip-sync", "clip"]
Makes = Picture | Sound | Film


@dataclass(frozen=True, slots=True)
class Model:
    """One model: what it makes, its fields and price, and limits that show only while the task runs."""

    makes: Makes
    fields: Fields
    price: Price
    missing: str = "This field is required"
    """The refusal of a required field that is left out; `{}` stands for its name."""
    dialect: Literal["live", "spec"] = "live"
    side: int = 1024
    """Long edge of a picture, or short edge of a film, in pixels, unless the input says otherwise."""
    form: str = "png"
    """The format of a picture if none was asked for."""
    longest_audio: float = 0.0
    """The most seconds of audio for a film; Kie.ai's schema does not name it, but a task with more fails."""
    sides: tuple[int, int] = (1, 20_000)
    """The least and the most pixels of a side, of the picture that is taken, or of the larger one that is made."""
    instead: tuple[Fields, ...] = ()
    """Other sets of fields that the input may have; it has to keep to one of them."""
    check: Callable[[Input], Answer | None] = lambda given: None
    """Refuses what no single field can: fields that need one another."""

    def find_refusal(self, name: str, given: dict[str, Any]) -> Answer | None:
        """Return the refusal of an input; None if it is accepted. `name` is that under which the model was asked."""
        best = max((self.fields, *self.instead), key=lambda fields: _score(fields, given))
        return self._find_fault(name, best, given) or self.check(given)

    def _find_fault(self, name: str, fields: Fields, given: dict[str, Any]) -> Answer | None:
        for key, field in fields.items():
            if field.required and is_empty(given.get(key)) and not _may_be_blank(name, key, given):
                if key == "voice":
                    return refusal_answer(422, "voiceId cannot be empty")
                return refusal_answer(500, self.missing.format(key))
        return next((found for key, value in given.items() if (found := check_value(fields, key, value))), None)


def _score(fields: Fields, given: Input) -> int:
    """Count what speaks for a set of fields, to choose the one that the caller meant."""
    kept = sum(1 for key, value in given.items() if check_value(fields, key, value) is None)
    missing = sum(1 for key, field in fields.items() if field.required and is_empty(given.get(key)))
    return kept - missing


def _may_be_blank(name: str, key: str, given: Input) -> bool:
    # Kling's own example sends an empty prompt, but the key must be there.
    return name.startswith("kling/ai-avatar") and key == "prompt" and given.get(key) == ""


def flat(price: float) -> Price:
    """Make the price of one task, whatever it makes."""
    return lambda given, amount: price


def by_resolution(**prices: float) -> Price:
    """Make a price for each resolution: `k1` for 1K; the first is that of an input that names none."""
    first = next(iter(prices))
    return lambda given, amount: prices["k" + given["resolution"][0] if given.get("resolution") else first]


def per_second(price: float, **dearer: float) -> Price:
    """Make a price per second, with others for some resolutions: `p720p`."""
    return lambda given, amount: round(amount * dearer.get("p" + str(given.get("resolution")), price), 2)


def per_thousand(price: float) -> Price:
    """Make a price per 1,000 characters of the text, or of all lines of a dialogue."""
    return lambda given, amount: round(sum(map(len, texts(given))) * price / 1000, 3)


def texts(given: Input) -> list[str]:
    """Return what is to be said: the text, or the lines of a dialogue."""
    if "text" in given:
        return [given["text"]]
    return [line["text"] for line in given.get("dialogue") or given.get("dialogue_turns") or ()]
