"""Find the links of what comes with a job's files in its record: first and last frames, and the covers of music."""

from collections.abc import Iterator
from typing import cast

from kie_mcp.jobs.job import JSON
from kie_mcp.kie.result_links import DEEPEST, is_link, list_results, normalize_name

_FRAMES = {"firstframe": "first_frame", "lastframe": "last_frame"}
"""The role of a link, by what its normalized name begins with."""


def find_extra_links(record: JSON) -> dict[str, str]:
    """Return the role of each such link, by the link: `first_frame`, `last_frame` or `cover`."""
    return {link: role for result in list_results(record) for role, link in _find_extras(result, 0)}


def _find_extras(value: object, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for one in cast("list[object]", value):
            yield from _find_extras(one, depth + 1)
    elif isinstance(value, dict):
        content = {normalize_name(name): one for name, one in cast("JSON", value).items()}
        has_sound = any("audio" in name and one for name, one in content.items())
        for name, one in content.items():
            role = next((role for start, role in _FRAMES.items() if name.startswith(start)), "")
            role = role or ("cover" if has_sound and name.startswith(("image", "cover")) else "")
            if isinstance(one, str) and role and is_link(one):
                yield role, one
            else:
                yield from _find_extras(one, depth + 1)
