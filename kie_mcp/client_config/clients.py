"""List the clients that can be configured: where each keeps its servers, and how it wants to read them.

One table for the command `kie-mcp config`, for README's blocks and for the links that install the server. A row names
the page that says so, and the day on which it was read; `{home}` and the other folders are those of `locations.py`.
"""

from dataclasses import dataclass
from typing import Literal

Shape = Literal["command", "typed", "opencode", "codex"]
"""How an entry is written: `command`, `args` and `env`; the same with a `type`; opencode's own; a table of TOML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program that starts MCP servers."""

    id: str
    title: str
    files: tuple[str, ...]
    """Its file; of several, the first whose folder exists. A star stands for any letters."""
    macos: tuple[str, ...] = ()
    """The same on macOS, if it is another one there."""
    windows: tuple[str, ...] = ()
    """The same on Windows."""
    project: str = ""
    """Its file in a project, from the project's folder; empty if it has none."""
    servers: tuple[str, ...] = ("mcpServers",)
    """The names that lead to the servers in its file."""
    shape: Shape = "command"
    reference: str = ""
    """How an entry names a variable of the environment instead of holding its value; empty if it cannot."""
    add: tuple[str, ...] = ()
    """The client's own command that does the same: what stands before the server's command, `{name}` for its name."""
    restart: str
    check: str
    """How a person sees that it works."""
    source: str
    date: str

    @property
    def is_toml(self) -> bool:
        """Whether its file is TOML; all others are JSON."""
        return self.shape == "codex"

    @property
    def asks_for_key(self) -> bool:
        """Whether it asks the person for the key by itself, and keeps it out of its file."""
        return self.id == "vscode"


CLIENTS = (
    Client(
        id="claude-code",
        title="Claude Code",
        files=("{claude}/.claude.json",),
        project=".mcp.json",
        reference="${KIE_API_KEY}",
        add=("claude", "mcp", "add", "{name}", "--scope", "user"),
        restart="Leave Claude Code with /exit, and start it again.",
        check="type /mcp: {name} is connected",
        source="https://code.claude.com/docs/en/mcp",
        date="2026-11-27",
    ),
    Client(
        id="claude-desktop",
        title="Claude Desktop",
        files=("{config}/Claude/claude_desktop_config.json",),
        # What comes from Microsoft's store has folders of its own, and reads nothing else.
        windows=(
            "{local}/Claude-Data/claude*/claude_desktop_config.json",
            "{local}/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json",
            "{config}/Claude/claude_desktop_config.json",
        ),
        restart="Quit Claude Desktop (closing its window is not enough), and start it again. If {name} is not there "
        "then, Claude Desktop has written the file itself: quit it, put the entry in once more, and start it.",
        check="click + below the message, then Connectors: {name} is in the list",
        source="https://modelcontextprotocol.io/docs/develop/connect-local-servers",
        date="2026-11-27",
    ),
    Client(
        id="cursor",
        title="Cursor",
        files=("{home}/.cursor/mcp.json",),
        project=".cursor/mcp.json",
        reference="${env:KIE_API_KEY}",
        restart="Quit Cursor, and start it again.",
        check="open Customize, then MCPs: {name} is switched on and shows its tools",
        source="https://cursor.com/docs/mcp",
        date="2026-11-27",
    ),
    Client(
        id="vscode",
        title="VS Code",
        files=("{config}/Code/User/mcp.json",),
        project=".vscode/mcp.json",
        servers=("servers",),
        shape="typed",
        reference="${input:kie-api-key}",
        restart='Restart the server: open the Command Palette, choose "MCP: List Servers", then {name}, then Start.',
        check='"MCP: List Servers" says that {name} is running',
        source="https://code.visualstudio.com/docs/agents/reference/mcp-configuration",
        date="2026-11-27",
    ),
    Client(
        id="windsurf",
        title="Windsurf",
        files=("{home}/.codeium/windsurf/mcp_config.json",),
        reference="${env:KIE_API_KEY}",
        restart="Quit Windsurf, and start it again.",
        check="open the MCP settings of Cascade: {name} is in the list with its tools",
        source="https://docs.windsurf.com/windsurf/cascade/mcp",
        date="2026-11-27",
    ),
    Client(
        id="zed",
        title="Zed",
        files=("{config}/zed/settings.json",),
        macos=("{home}/.config/zed/settings.json",),
        windows=("{config}/Zed/settings.json",),
        servers=("context_servers",),
        restart="Restart Zed: quit it, and start it again.",
        check="open the settings, then AI, then MCP Servers: the dot beside {name} is green",
        source="https://zed.dev/docs/ai/mcp",
        date="2026-11-27",
    ),
    Client(
        id="cline",
        title="Cline",
        files=("{home}/.cline/data/settings/cline_mcp_settings.json",),
        restart="Restart the editor in which Cline runs, or leave the Cline CLI and start it again.",
        check="click the icon of MCP servers, then Configure: {name} has a green dot",
        source="https://docs.cline.bot/getting-started/config",
        date="2026-11-27",
    ),
    Client(
        id="codex",
        title="Codex",
        files=("{codex}/config.toml",),
        project=".codex/config.toml",
        servers=("mcp_servers",),
        shape="codex",
        reference="KIE_API_KEY",
        add=("codex", "mcp", "add", "{name}"),
        restart="Leave Codex, and start it again; so do the editor with its extension, and the app.",
        check="type /mcp: {name} is in the list with its tools",
        source="https://developers.openai.com/codex/mcp",
        date="2026-11-27",
    ),
    Client(
        id="gemini",
        title="Gemini CLI",
        files=("{home}/.gemini/settings.json",),
        project=".gemini/settings.json",
        reference="$KIE_API_KEY",
        restart="Leave Gemini CLI with /quit, and start it again.",
        check="type /mcp: {name} is ready, with its tools",
        source="https://geminicli.com/docs/tools/mcp-server",
        date="2026-11-27",
    ),
    Client(
        id="opencode",
        title="opencode",
        files=("{dotconfig}/opencode/opencode.jsonc?", "{dotconfig}/opencode/opencode.json"),
        project="opencode.json",
        servers=("mcp",),
        shape="opencode",
        reference="{env:KIE_API_KEY}",
        restart="Leave opencode, and start it again.",
        check="run opencode mcp list: {name} is connected",
        source="https://opencode.ai/docs/mcp-servers",
        date="2026-11-27",
    ),
)
BY_ID = {client.id: client for client in CLIENTS}
