"""README's table of models, told from their rows: `make readme` writes it anew."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from kie_mcp.catalog.capabilities import FILE_KINDS, Capabilities
from kie_mcp.catalog.descriptions import PER, describe_length, describe_price
from kie_mcp.catalog.model import Model
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.validate import join_with_or
from kie_mcp.orders.kind import Kind

README = Path(__file__).parents[2] / "README.md"
START, END = "<!-- models: written by `make readme` -->\n", "<!-- end of models -->\n"
MADE = {Kind.IMAGE: "picture", Kind.SPEECH: "speech", Kind.TALKING_VIDEO: "talking video"}


def table(models: Iterable[Model]) -> str:
    """Write a row for each model, the default of its kind in bold."""
    seen: set[Kind] = set()
    lines = ["| model | makes | takes | credits | Kie.ai's page, read on |", "|---|---|---|---|---|"]
    for model in models:
        name = f"`{model.id}`" if model.kind in seen else f"**`{model.id}`**"
        seen.add(model.kind)
        price = f"{describe_price(model.price)} {PER[model.price.per]}"
        page = f"[{model.date}]({model.source})"
        lines.append(f"| {name} | {MADE[model.kind]} | {', '.join(_takes(model))} | {price} | {page} |")
    return "".join(f"{line}\n" for line in lines)


def _takes(model: Model) -> Iterator[str]:
    takes = model.takes
    yield f"{takes.prompt_max:,} characters" if takes.prompt_max else "no words"
    if takes.image_types:
        number = f"up to {takes.images_max} pictures" if takes.images_max > 1 else "a picture"
        yield f"{number} ({_files(takes.image_types, takes.image_mb)})"
    if takes.audio_types:
        length = f"up to {describe_length(model)}" if describe_length(model) else "of any length"
        yield f"a sound {length} ({_files(takes.audio_types, takes.audio_mb)})"
    yield from _choices(takes)


def _files(types: tuple[str, ...], megabytes: int | None) -> str:
    kinds = join_with_or([FILE_KINDS[one] for one in types])
    return kinds if megabytes is None else f"{kinds}, {megabytes} MB"


def _choices(takes: Capabilities) -> Iterator[str]:
    if takes.resolutions:
        yield f"resolution {join_with_or(takes.resolutions)}"
    if takes.upscale_factors:
        yield f"factor {join_with_or(takes.upscale_factors)}"
    if takes.voices:
        yield f"{len(takes.voices)} voices"
    if takes.language:
        yield "a language"


def written(readme: str, models: Iterable[Model] = MODELS) -> str:
    """Return the README with the table of these models in its place."""
    before, rest = readme.split(START)
    return before + START + table(models) + END + rest.split(END)[1]


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8")), "utf-8")
