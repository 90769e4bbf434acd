"""List the styles by the names that KIE_API_STYLE has for them."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from kie_mcp.errors import OrderError
from kie_mcp.kie.api_styles.create_call import ApiStyle
from kie_mcp.kie.api_styles.jobs import JobsStyle
from kie_mcp.kie.api_styles.legacy import LegacyStyle
from kie_mcp.kie.api_styles.seed import SeedStyle
from kie_mcp.text import literal

StyleName: TypeAlias = Literal["jobs", "seed", "legacy"]

STYLES: Mapping[StyleName, ApiStyle] = {"jobs": JobsStyle(), "seed": SeedStyle(), "legacy": LegacyStyle()}


def find_style(name: str) -> ApiStyle:
    """Return the style of that name; raises OrderError if there is none."""
    if found := next((style for known, style in STYLES.items() if known == name), None):
        return found
    problem = f"{literal(name)} is no style of the API."
    raise OrderError(problem, argument="api_style", remedy=f"Use {' or '.join(STYLES)}.")
