"""The files by which stores and clients know this package, made from one source: `make packages` writes them anew.

Name, description, keywords and addresses come from `pyproject.toml`, the version from the package, what can be set from
`server.json`, and the skills from the files that the server serves.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kie_mcp import __version__
from kie_mcp.surface.skills.skill_files import read_skills

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NAME, DESCRIPTION = PROJECT["name"], PROJECT["description"]
TITLE = "Kie.ai pictures, speech and talking videos"
REPOSITORY: str = PROJECT["urls"]["Repository"]
ISSUES: str = PROJECT["urls"]["Issues"]
OWNER = REPOSITORY.split("/")[-2]
PRIVACY = f"{REPOSITORY}/blob/main/packaging/PRIVACY.md"
AUTHOR = {**PROJECT["authors"][0], "url": REPOSITORY}
KEYS_PAGE = "https://kie.ai/api-key"

PLUGIN = "packaging/plugin"
# The server of the same version: what the skills beside it say of its tools is then true.
SERVER = {"command": "uvx", "args": [f"{NAME}@{__version__}"]}
ABOUT = {
    "name": NAME,
    "version": __version__,
    "description": DESCRIPTION,
    "author": AUTHOR,
    "homepage": REPOSITORY,
    "repository": REPOSITORY,
    "license": PROJECT["license"],
    "keywords": PROJECT["keywords"],
}
KEY = {
    "type": "string",
    "title": "Kie.ai API key",
    "description": f"Make one at {KEYS_PAGE}; there it can have a cap, too.",
    "sensitive": True,
    "required": True,
}


def write_files() -> dict[str, bytes]:
    """Return the content of each file by its path in this repository."""
    documents = {
        "server.json": _registry_entry(),
        "gemini-extension.json": _gemini_extension(),
        "glama.json": {"$schema": "https://glama.ai/mcp/schemas/server.json", "maintainers": [OWNER]},
        ".claude-plugin/marketplace.json": _marketplace(f"./{PLUGIN}"),
        "packaging/mcpb/manifest.json": _bundle_manifest(),
        f"{PLUGIN}/.claude-plugin/marketplace.json": _marketplace("./"),
        f"{PLUGIN}/.claude-plugin/plugin.json": {**ABOUT, "userConfig": {"api_key": KEY}},
        f"{PLUGIN}/.mcp.json": _servers(env={"KIE_API_KEY": "${user_config.api_key}"}),
        f"{PLUGIN}/plugin.json": {"$schema": _agent_plugins("plugin"), **ABOUT},
        f"{PLUGIN}/mcp.json": {"$schema": _agent_plugins("mcp"), **_servers(type="stdio")},
    }
    return {path: _dump(document) for path, document in documents.items()} | _copies()


def _copies() -> dict[str, bytes]:
    """Return the files that the plugin folder has of its own: a store gets this folder and no other."""
    skills = {f"{skill.name}/{path}": content for skill in read_skills() for path, content in skill.contents.items()}
    return {
        f"{PLUGIN}/LICENSE": (ROOT / "LICENSE").read_bytes(),
        f"{PLUGIN}/.claude-plugin/icon.png": (ROOT / "packaging/logo.png").read_bytes(),
        **{f"{PLUGIN}/skills/{path}": content for path, content in skills.items()},
    }


def _registry_entry() -> dict[str, Any]:
    """Return the entry of the MCP registry: what can be set stands in the file itself, the rest is put right."""
    entry = json.loads((ROOT / "server.json").read_text("utf-8"))
    icon = f"{REPOSITORY.replace('github.com', 'raw.githubusercontent.com')}/main/packaging/logo.png"
    [package] = entry.pop("packages")
    return {
        "$schema": entry["$schema"],
        "name": f"io.github.{OWNER}/{NAME}",
        "title": TITLE,
        "description": DESCRIPTION,
        "version": __version__,
        "websiteUrl": REPOSITORY,
        "repository": {"url": REPOSITORY, "source": "github"},
        "icons": [{"src": icon, "mimeType": "image/png", "sizes": ["512x512"]}],
        "packages": [{**package, "identifier": NAME, "version": __version__}],
    }


def _bundle_manifest() -> dict[str, Any]:
    """Return the manifest of the MCP bundle, from which Claude Desktop installs by a double click."""
    folder = {
        "type": "directory",
        "title": "Folder for results",
        "description": "Where pictures, speech and videos are saved.",
        "default": "${HOME}/Pictures/kie",  # without one, a host would hand over the placeholder itself
        "required": False,
    }
    env = {"KIE_API_KEY": "${user_config.api_key}", "KIE_OUTPUT_DIR": "${user_config.output_dir}"}
    # In the bundle there are sources only: the host's uv installs what they need, without what is for developers.
    start = {"command": "uv", "args": ["run", "--no-dev", "--directory", "${__dirname}", NAME], "env": env}
    return {
        "manifest_version": "0.4",
        **{name: ABOUT[name] for name in ("name", "version", "description", "author", "license", "keywords")},
        "display_name": TITLE,
        "homepage": REPOSITORY,
        "repository": {"type": "git", "url": REPOSITORY},
        "documentation": PROJECT["urls"]["Documentation"],
        "support": ISSUES,
        "icon": "logo.png",
        "privacy_policies": [PRIVACY],
        "server": {"type": "uv", "entry_point": "kie_mcp/__main__.py", "mcp_config": start},
        "user_config": {"api_key": KEY, "output_dir": folder},
        "tools_generated": True,
        "prompts_generated": True,
        "compatibility": {
            "platforms": ["darwin", "win32", "linux"],
            "runtimes": {"python": PROJECT["requires-python"]},
        },
    }


def _gemini_extension() -> dict[str, Any]:
    key = {"name": KEY["title"], "description": KEY["description"], "envVar": "KIE_API_KEY", "sensitive": True}
    servers = _servers(env={"KIE_API_KEY": "${KIE_API_KEY}"})
    return {"name": NAME, "version": __version__, "description": DESCRIPTION, **servers, "settings": [key]}


def _marketplace(source: str) -> dict[str, Any]:
    plugin = {"name": NAME, "source": source, "description": DESCRIPTION, "version": __version__}
    return {"name": NAME, "owner": AUTHOR, "description": DESCRIPTION, "plugins": [plugin]}


def _servers(**more: Any) -> dict[str, Any]:
    return {"mcpServers": {"kie": {**more, **SERVER}}}


def _agent_plugins(schema: str) -> str:
    return f"https://agent-plugins.org/schemas/1.0.0/{schema}.schema.json"


def _dump(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    for name, content in write_files().items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_bytes(content)
