"""README's table of tools, made from what the server publishes: `make readme` writes it anew."""

from collections.abc import Iterable
from pathlib import Path

import anyio
from mcp.types import Tool

from kie_mcp.app import create_server
from kie_mcp.settings import Settings

README = Path(__file__).parents[2] / "README.md"
START, END = "<!-- tools: written by `make readme` -->\n", "<!-- end of tools -->\n"


async def list_tools() -> list[Tool]:
    """Return the tools as the server publishes them. Nothing is opened for that, on the disk or elsewhere."""
    return await create_server(Settings(state_dir=Path("/nowhere"))).list_tools()


def write_table(tools: Iterable[Tool]) -> str:
    """Write a row for each tool, its required arguments in bold."""
    lines = ["| tool | what it does | arguments |", "|---|---|---|"]
    lines += [f"| `{tool.name}` | {tool.description} | {_arguments(tool)} |" for tool in tools]
    return "".join(f"{line}\n" for line in lines)


def _arguments(tool: Tool) -> str:
    required: list[str] = tool.input_schema.get("required", [])
    names = (f"**`{name}`**" if name in required else f"`{name}`" for name in tool.input_schema["properties"])
    return ", ".join(names)


def replace_table(readme: str, tools: Iterable[Tool]) -> str:
    """Return the README with the table of these tools in its place."""
    before, rest = readme.split(START)
    return before + START + write_table(tools) + END + rest.split(END)[1]


if __name__ == "__main__":
    README.write_text(replace_table(README.read_text("utf-8"), anyio.run(list_tools)), "utf-8")
