"""Orders: what is to be made, as frozen values that can be compared, written down and read again."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationInfo

from kie_mcp.errors import OrderError
from kie_mcp.orders.equality import same_address, same_words
from kie_mcp.orders.kind import Kind

JOBS_URI = "kie://jobs"
"""All jobs; what begins so is about one of them."""

OUTPUT_URI = re.compile(r"kie://jobs/(?P<job_id>[A-Za-z0-9_-]{1,100})/outputs/(?P<index>[0-9]{1,3})")
"""A file that a job made: what one job hands to the next."""

HANDED_IN = re.compile(r"(?P<place>(?:file|data):[^#]*)#sha256=(?P<digest>[0-9a-f]{64})")
"""A file of the caller's, once it was read: where it was, and what was in it."""

# Control characters but newline and tab, and halves of surrogate pairs, which no UTF-8 can carry.
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _sendable(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if found := _UNSENDABLE.search(text):
        problem = (
            f"holds the character U+{ord(found[0]):04X} at position {found.start() + 1:,}; "
            "control characters other than newline and tab, and halves of surrogate pairs, are not allowed."
        )
        raise OrderError(problem, argument=info.field_name or "", remedy="Take the character out.")
    return text


Text = Annotated[str, BeforeValidator(_sendable)]


class ImageOrder(BaseModel):
    """A picture, made from words, or from words and other pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal[Kind.IMAGE] = Kind.IMAGE
    model: Text
    prompt: Text
    images: tuple[Text, ...] = ()
    """https URLs, `kie://jobs/{job_id}/outputs/{n}`, or files that were handed in: see `handed_in`."""
    aspect_ratio: Text = ""
    resolution: Text = ""
    output_format: Text = ""


class SpeechOrder(BaseModel):
    """A text to be spoken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal[Kind.SPEECH] = Kind.SPEECH
    model: Text
    text: Text
    voice: Text = ""
    """A voice's id or name."""
    speed: float = 1.0
    """1 is the voice's own pace."""
    stability: float | None = None
    """0-1, like `similarity_boost`; None leaves it to Kie.ai."""
    similarity_boost: float | None = None
    language: Text = ""
    """Two letters of ISO 639-1."""


class TalkingVideoOrder(BaseModel):
    """A face in a picture that speaks what is heard in a sound file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal[Kind.TALKING_VIDEO] = Kind.TALKING_VIDEO
    model: Text
    image: Text
    audio: Text
    prompt: Text = ""
    resolution: Text = ""
    seed: int | None = None


Order: TypeAlias = Annotated[ImageOrder | SpeechOrder | TalkingVideoOrder, Field(discriminator="kind")]
_ORDER: TypeAdapter[ImageOrder | SpeechOrder | TalkingVideoOrder] = TypeAdapter(Order)


def load_order(text: str | bytes) -> Order:
    """Read an order that `order.model_dump_json()` wrote. Raises pydantic's ValidationError if it is none."""
    return _ORDER.validate_json(text)


def fingerprint(account: str, order: Order) -> str:
    """Return the hash that equal orders of one account share, once they were checked, which makes them comparable.

    Orders are equal in whatever form they are written: see `equality`. What is sent stays as it was written.
    """
    words = {name: same_words(getattr(order, name)) for name in ("prompt", "text") if hasattr(order, name)}
    links = {one: _same_file(one) for one in references(order)}
    return former_fingerprint(account, with_references(order.model_copy(update=words), links))


def _same_file(reference: str) -> str:
    if output := parse_output_uri(reference):
        return output_uri(*output)
    return same_address(reference)


def former_fingerprint(account: str, order: Order) -> str:
    """Return the hash that version 0.1 gave to an order, which told forms apart: it stands in ledgers."""
    # The same bytes are the same file, wherever they lie and whatever they are called.
    contents = {one: f"sha256:{file[1]}" for one in references(order) if (file := parse_handed_in(one))}
    parts = [account, with_references(order, contents).model_dump(mode="json")]
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def references(order: Order) -> tuple[str, ...]:
    """List the files that go in, as they were given."""
    match order:
        case ImageOrder():
            return order.images
        case TalkingVideoOrder():
            return (order.image, order.audio)
        case SpeechOrder():
            return ()


def with_references(order: Order, instead: Mapping[str, str]) -> Order:
    """Return the order with other files: each that is a key of *instead* gives way to its value."""
    match order:
        case ImageOrder():
            return order.model_copy(update={"images": tuple(instead.get(one, one) for one in order.images)})
        case TalkingVideoOrder():
            image, audio = instead.get(order.image, order.image), instead.get(order.audio, order.audio)
            return order.model_copy(update={"image": image, "audio": audio})
        case SpeechOrder():
            return order


def handed_in(place: str, digest: str) -> str:
    """Name a file of the caller's by its file: or data: place and the SHA-256 of its bytes."""
    return f"{place}#sha256={digest}"


def parse_handed_in(reference: str) -> tuple[str, str] | None:
    """Return place and digest; None if *reference* names something else."""
    found = HANDED_IN.fullmatch(reference)
    return (found["place"], found["digest"]) if found else None


def output_uri(job_id: str, index: int) -> str:
    """Name a file that a job made."""
    return f"{JOBS_URI}/{job_id}/outputs/{index}"


def parse_output_uri(uri: str) -> tuple[str, int] | None:
    """Return the job's id and the index of its output; None if *uri* names something else."""
    found = OUTPUT_URI.fullmatch(uri.strip())
    return (found["job_id"], int(found["index"])) if found else None


def parse_job_uri(uri: str) -> tuple[str, int | None] | None:
    """Return the id of the job that *uri* is about and, if it is about a file of that job, the file's index.

    None if it is about no job. The id is what stands there, also if no job can be called so.
    """
    if found := OUTPUT_URI.fullmatch(uri):
        return found["job_id"], int(found["index"])
    start = f"{JOBS_URI}/"
    return (uri.removeprefix(start), None) if uri.startswith(start) else None


def styled(prompt: str, style: str) -> str:
    """Make *style* part of the prompt: no model takes it apart."""
    style = style.strip()
    return f"{prompt.rstrip()}\n\nStyle: {style}" if style else prompt
