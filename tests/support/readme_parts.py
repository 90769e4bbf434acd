"""The parts of README that are made from the code: `make readme` writes them anew."""

import ast
import json
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import anyio
from mcp import Client as McpClient
from mcp.types import TextContent

from kie_mcp.app import create_server
from kie_mcp.cli.command import list_commands
from kie_mcp.cli.config import write_add_command, write_block
from kie_mcp.client_config.clients import CLIENTS, Client
from kie_mcp.client_config.deep_links import write_cursor_link, write_vscode_link
from kie_mcp.client_config.entry import PLACEHOLDER
from kie_mcp.client_config.launch_command import write_uvx_command
from kie_mcp.settings import Settings

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REPOSITORY: str = PROJECT["urls"]["Repository"]
BLOB = f"{REPOSITORY}/blob/main/"
UVX = write_uvx_command(sandbox=False)
SENTENCES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "Make a picture of a red fox in a raincoat, looking at the camera.": (
        "generate_image",
        {"prompt": "a red fox in a raincoat, looking at the camera"},
    ),
    'Read this aloud, with a deep voice: "The light is on, and the sea is calm."': (
        "generate_speech",
        {"text": "The light is on, and the sea is calm.", "voice": "Brian"},
    ),
    'Make a video in which the fox says: "Hello! It is raining, and I like it."': (
        "create_talking_video",
        {"image_prompt": "a red fox in a raincoat", "script": "Hello! It is raining, and I like it."},
    ),
    "Make four pictures of a white mug on a wooden table.": (
        "generate_image",
        {"prompt": "a white mug on a wooden table", "count": 4},
    ),
}
"""What a person can say, and the call that an assistant makes of it."""


def write_costs() -> str:
    """Write what each sentence costs, as the server says it without a key."""
    lines = ["| you say | it costs |", "|---|---|"]
    lines += [f"| {said} | {cost} |" for said, cost in zip(SENTENCES, anyio.run(_estimate_all), strict=True)]
    return "".join(f"{line}\n" for line in lines)


async def _estimate_all() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        server = create_server(Settings(state_dir=Path(folder), output_dir=Path(folder)))
        async with McpClient(server) as client:
            return [await _estimate(client, *call) for call in SENTENCES.values()]


async def _estimate(client: McpClient, tool: str, arguments: dict[str, Any]) -> str:
    result = await client.call_tool(tool, arguments | {"estimate_only": True})
    said = next(block.text for block in result.content if isinstance(block, TextContent))
    found = re.search(r"about ([\d.-]+ credits \([^)]*\))", said)
    assert found, said
    return found[1]


def write_clients() -> str:
    """Write a block for each client."""
    return "\n".join("".join(f"{line}\n" for line in _describe_client(client)) for client in CLIENTS)


def _describe_client(client: Client) -> Iterator[str]:
    key = client.reference if client.asks_for_key else PLACEHOLDER
    yield from ("<details>", f"<summary><b>{client.title}</b></summary>", "")
    yield from (
        "```text",
        f"uvx kie-mcp config {client.id} --write{'' if client.asks_for_key else ' --key ask'}",
        "```",
    )
    if client.add:
        yield from ("", "Or:", "", "```text", write_add_command(client, UVX, key), "```")
    if link := LINKS.get(client.id):
        yield from ("", f"Or [with a click]({link()}).")
    yield from ("", f"Or by hand, in {_describe_files(client)}:", "", f"```{'toml' if client.is_toml else 'json'}")
    yield from (write_block(client, UVX, key).rstrip("\n"), "```", "")
    yield f"{client.restart} To see that it works, {client.check}.".format(name="`kie`")
    yield from ("", "</details>")


PLACES: Mapping[str, tuple[str, ...]] = {
    "config": ("~/.config", "~/Library/Application Support", "%APPDATA%"),
    "home": ("~",),
    "claude": ("~",),
    "codex": ("~/.codex",),
    "dotconfig": ("~/.config",),
}
"""What people call the folders of the table of clients: on Linux, macOS and Windows, or everywhere."""
LINKS: Mapping[str, Callable[[], str]] = {"cursor": write_cursor_link, "vscode": write_vscode_link}


def _describe_files(client: Client) -> str:
    """Name the client's file on each system, once where they are the same."""
    by_system = {"Linux": client.files, "macOS": client.macos, "Windows": client.windows}
    shown = {system: (templates or client.files)[-1] for system, templates in by_system.items()}
    for at, system in enumerate(shown):
        for name, places in PLACES.items():
            shown[system] = shown[system].replace(f"{{{name}}}", places[at % len(places)])
    if "%" in shown["Windows"]:
        shown["Windows"] = shown["Windows"].replace("/", "\\")
    systems = {path: [system for system in shown if shown[system] == path] for path in shown.values()}
    alone = len(systems) == 1
    files = ", ".join(f"`{path}`" if alone else f"`{path}` ({' and '.join(on)})" for path, on in systems.items())
    return files + (f"; for one project `{client.project}`" if client.project else "")


def write_settings() -> str:
    """Write the table of settings, in the words of server.json."""
    server = json.loads((ROOT / "server.json").read_text("utf-8"))
    lines = ["| variable | what it sets |", "|---|---|"]
    for one in server["packages"][0]["environmentVariables"]:
        default = f" Default: `{one['default']}`." if "default" in one else ""
        lines.append(f"| `{one['name']}` | {one['description']}{default} |")
    return "".join(f"{line}\n" for line in lines)


def write_commands() -> str:
    """Write the table of commands, in the words of their help."""
    lines = ["| command | what it does |", "|---|---|"]
    lines += [f"| `kie-mcp {name}` | {command.help} |" for name, command in list_commands().items()]
    return "".join(f"{line}\n" for line in lines)


def write_examples() -> str:
    """Write the name of each example, and the sentence that its file opens with."""
    lines = ["| example | what it does |", "|---|---|"]
    for path in sorted((ROOT / "examples").glob("*.py")):
        sentence = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition(". ")[0]
        lines.append(f"| [`{path.stem}`]({BLOB}examples/{path.name}) | {sentence} |")
    return "".join(f"{line}\n" for line in lines)


PARTS: Mapping[str, Callable[[], str]] = {
    "costs": write_costs,
    "clients": write_clients,
    "examples": write_examples,
    "settings": write_settings,
    "commands": write_commands,
}


def replace_part(readme: str, name: str, text: str) -> str:
    """Return the README with another text between the marks of a part."""
    start, end = f"<!-- {name}: written by `make readme` -->\n", f"<!-- end of {name} -->\n"
    before, rest = readme.split(start)
    return before + start + text + end + rest.split(end)[1]


if __name__ == "__main__":
    written = README.read_text("utf-8")
    for part, write in PARTS.items():
        written = replace_part(written, part, write())
    README.write_text(written, "utf-8")
