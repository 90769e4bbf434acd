"""The skills extension of MCP (SEP-2640): `skills/list`, `skills/get`, and each file of a skill as a resource."""

import hashlib
from typing import Any

from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding, ResourceBinding
from mcp.server.mcpserver.resources import TextResource
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, PaginatedRequestParams, RequestParams
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from kie_mcp.surface.skills.skill_files import FIRST, Skill, read_skills
from kie_mcp.text import literal

SKILLS = "io.modelcontextprotocol/skills"
TTL = 3_600_000
"""Milliseconds for which a client may keep an answer. The files change only with the version of the server."""

Call = ServerRequestContext[Any, Any]


class SkillParams(RequestParams):
    """Which skill is meant."""

    uri: str


class Skills(Extension):
    """Serves the skills of the package, in both eras of the protocol; they are the same for every account."""

    identifier = SKILLS

    def __init__(self) -> None:
        self._skills = {skill.address(): skill for skill in read_skills()}

    def methods(self) -> list[MethodBinding]:
        """Return the methods by which a client finds the skills."""
        return [
            MethodBinding("skills/list", PaginatedRequestParams, self._list),
            MethodBinding("skills/get", SkillParams, self._get),
        ]

    def resources(self) -> list[ResourceBinding]:
        """Return the files of all skills."""
        return [
            ResourceBinding(_make_resource(skill, path)) for skill in self._skills.values() for path in skill.contents
        ]

    async def _list(self, ctx: Call, params: PaginatedRequestParams) -> HandlerResult:
        if params.cursor is not None:
            raise MCPError(INVALID_PARAMS, "cursor: not one that this list gave; it has one page only.")
        return _complete(ctx, skills=[_describe(skill) for skill in self._skills.values()])

    async def _get(self, ctx: Call, params: SkillParams) -> HandlerResult:
        if skill := self._skills.get(params.uri):
            return _complete(ctx, skill=_describe(skill))
        there = ", ".join(self._skills)
        raise MCPError(INVALID_PARAMS, f"There is no skill {literal(params.uri, 100)}; there are {there}.")


def _complete(ctx: Call, **found: Any) -> dict[str, Any]:
    """Return an answer; only the newer era has words for how long it may be kept."""
    if ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        return found
    return {"resultType": "complete", **found, "ttlMs": TTL, "cacheScope": "public"}


def _describe(skill: Skill) -> dict[str, Any]:
    """Return a skill's entry: with it, a client can check each file that it reads."""
    listed = [
        {"uri": skill.address(path), "digest": f"sha256:{hashlib.sha256(content).hexdigest()}", "size": len(content)}
        for path, content in skill.contents.items()
    ]
    return {"uri": skill.address(), "frontmatter": dict(skill.head), "resources": listed}


def _make_resource(skill: Skill, path: str) -> TextResource:
    """Make the resource of a file. The first one stands for the skill: it has its name and its description."""
    is_first, text = path == FIRST, skill.contents[path].decode()
    return TextResource(
        uri=skill.address(path),
        name=skill.name if is_first else f"{skill.name}/{path}",
        title=text.partition("\n# ")[2].partition("\n")[0] if is_first else text.partition("\n")[0].removeprefix("# "),
        description=skill.head["description"] if is_first else f"Belongs to the skill {skill.name}.",
        mime_type="text/markdown",
        text=text,
    )
