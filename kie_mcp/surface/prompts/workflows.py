"""The prompts: each is a workflow that names the tools to call, with their arguments, in order."""

from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver import MCPServer

from kie_mcp.catalog import registry
from kie_mcp.catalog.model import CREDIT_USD
from kie_mcp.catalog.sound_length import SLOW
from kie_mcp.errors import OrderError
from kie_mcp.orders.kind import Kind
from kie_mcp.surface.prompts.template import Given, Placeholder, PromptTemplate, make_prompt, write_call, write_steps
from kie_mcp.text import quote


def register(server: MCPServer[Any]) -> None:
    """Add the prompts to the server."""
    for prompt in (_talking_avatar(), _product_picture(), _spoken_greeting_card()):
        server.add_prompt(prompt)


def _talking_avatar() -> PromptTemplate:
    return make_prompt(
        "talking_avatar",
        "Talking avatar",
        "A person, made from an idea, who says something in a short video: picture, voice and video in one order.",
        _write_talking_avatar,
        idea="Who speaks, and about what",
        voice="?Who speaks it, by name, such as Rachel",
        style="?How it looks, such as photorealistic or watercolour",
        model="?The model of the video",
        resolution="?Of the video",
        aspect_ratio="?Width:height, such as 9:16 for a phone",
    )


def _write_talking_avatar(given: Given) -> str:
    video = _choose_model(Kind.TALKING_VIDEO, given)
    order = {
        "image_prompt": Placeholder("<the face>"),
        "script": Placeholder("<the script>"),
        "voice": given.get("voice"),
        "aspect_ratio": given.get("aspect_ratio"),
        "model": _model_argument(video, given),
        "resolution": given.get("resolution"),
    }
    ask, make = (
        write_call("create_talking_video", **order, **more) for more in ({"estimate_only": Placeholder("true")}, {})
    )
    style = ", in the style asked for" if "style" in given else ""
    return write_steps(
        "Make a video of a talking avatar.",
        given,
        f"Write the script: {_describe_limit(video)} Describe the face in one or two sentences: one person, seen "
        f"from the front, the mouth free{style}.",
        f"Ask what it costs, which is free: {ask}",
        _ask_first("the script, the face and the cost"),
        f"Order all of it with one call, which makes the picture, the speech and the video: {make}",
        *_END,
    )


def _product_picture() -> PromptTemplate:
    return make_prompt(
        "product_picture",
        "Product picture",
        "A product from a picture of yours, on a new background.",
        _write_product_picture,
        picture="Where the picture is: an https URL, a local path, or kie://jobs/{job_id}/outputs/{n}",
        background="What is to be behind and around the product",
        model="?The model of the picture",
        aspect_ratio="?Width:height, such as 4:5",
        resolution="?Of the picture; not every model has a choice",
    )


def _write_product_picture(given: Given) -> str:
    image = _choose_model(Kind.IMAGE, given)
    order = write_call(
        "generate_image",
        prompt=Placeholder("<the prompt>"),
        images=[given["picture"]],
        model=_model_argument(image, given),
        aspect_ratio=given.get("aspect_ratio"),
        resolution=given.get("resolution"),
    )
    return write_steps(
        "Put a product on a new background.",
        given,
        "Write the prompt: say that the product stays exactly as it is, its shape, colours and lettering, and describe "
        "the new background, the light that falls from it on the product, and its shadow.",
        _ask_first(f"the prompt; the picture costs {image.price}"),
        f"Order it: {order}",
        *_END,
        "If the user wants something changed, order that from the new picture: generate_image(prompt=<the change>, "
        'images=["kie://jobs/<job_id>/outputs/0"]). It costs the same again: say so before.',
    )


def _spoken_greeting_card() -> PromptTemplate:
    return make_prompt(
        "spoken_greeting_card",
        "Spoken greeting card",
        "A card whose figure speaks the greeting: a picture and a voice, chained into a video.",
        _write_spoken_greeting_card,
        occasion="What for, such as a birthday",
        to="Who gets it",
        sender="?Who sends it",
        tone="?How it sounds, such as warm, funny or solemn",
        voice="?Who speaks it, by name, such as Rachel",
    )


def _write_spoken_greeting_card(given: Given) -> str:
    video = _choose_model(Kind.TALKING_VIDEO, {})
    return write_steps(
        "Make a greeting card that speaks.",
        given,
        f"Write the greeting: {_describe_limit(video)} Describe the card in one or two sentences: a figure that fits "
        "the occasion, its face large and seen from the front, the mouth free, and no lettering.",
        _ask_first(f"the greeting and the card; {_describe_cost(video)}"),
        f"Order the card: {write_call('generate_image', prompt=Placeholder('<the card>'), aspect_ratio='3:4')}",
        "Order the voice, also while the card is still being made: "
        + write_call("generate_speech", text=Placeholder("<the greeting>"), voice=given.get("voice")),
        "Order the video from both, also while they are still being made; it is sent when they are done: "
        'create_talking_video(image="kie://jobs/<job_id of the card>/outputs/0", '
        'audio="kie://jobs/<job_id of the voice>/outputs/0")',
        *_END,
    )


_WAIT = (
    "As long as the state is queued or running, call get_job_status(job_id=<its job_id>): that is free and waits as "
    "long as this client can. Never repeat an order, neither because it takes long nor because an answer was lost: "
    "then look for its job with list_jobs. If it failed or is unconfirmed, tell the user why and what the answer says "
    "to do."
)
_SHOW = "When it has succeeded, show the user the file: its path and its url."
_END = (_WAIT, _SHOW)


def _ask_first(what: str) -> str:
    return f"Show the user {what} (a credit is ${CREDIT_USD}). Order nothing before the user agrees."


@dataclass(frozen=True, slots=True)
class _Choice:
    """The model that a prompt uses, with its price and its limit."""

    model: str
    price: str
    seconds: float
    credits: float


def _choose_model(kind: Kind, given: Given) -> _Choice:
    """Choose the model: the one that is asked for, else the cheapest with the resolution, else the default.

    Raises OrderError if no model fits.
    """
    wanted = given.get("resolution", "")
    models = [registry.find(given["model"], kind)] if given.get("model") else registry.models(kind)
    fitting = [model for model in models if not wanted or wanted in model.takes.resolutions]
    if not fitting:
        choices = dict.fromkeys(one for model in models for one in model.takes.resolutions)
        raise OrderError(
            f"{quote(wanted, 40)} is not to be had here.",
            argument="resolution",
            remedy=f"Use {', '.join(choices)}." if choices else "Leave it out.",
        )
    model = min(fitting, key=lambda one: one.price.credits[wanted]) if wanted else fitting[0]
    prices = {one: each for one, each in model.price.credits.items() if not wanted or one in ("", wanted)}
    per = "" if model.price.per == "image" else f" a {model.price.per}"
    price = " or ".join(f"{each:g} credits{per}" + (f" at {one}" if one else "") for one, each in prices.items())
    seconds = model.takes.audio_seconds_advised or model.takes.audio_seconds or 0.0
    return _Choice(model=model.id, price=price, seconds=seconds, credits=next(iter(prices.values())))


def _model_argument(choice: _Choice, given: Given) -> str | None:
    """Return the model's id if the call has to name it; None if the default is right."""
    return choice.model if given.keys() & {"model", "resolution"} else None


def _describe_limit(video: _Choice) -> str:
    letters = round(video.seconds * SLOW / 50) * 50
    return f"at most {video.seconds:g} s when it is spoken, that is about {letters:,} characters for {video.model}."


def _describe_cost(video: _Choice) -> str:
    picture, speech = (
        registry.models(Kind.IMAGE)[0].price.credits[""],
        registry.models(Kind.SPEECH)[0].price.credits[""],
    )
    whole = picture + speech * video.seconds * SLOW / 1000 + video.credits * video.seconds
    return (
        f"the cost: {picture:g} credits for the picture, {speech:g} for 1,000 characters of speech, {video.price} of "
        f"video; about {whole:,.0f} credits, ${whole * CREDIT_USD:.2f}, for {video.seconds:g} s"
    )
