"""Files of clients as people have them: other servers, comments, odd indentation, tabs, trailing commas, one line."""

OTHERS: dict[str, str] = {
    "claude-code": """\
{
  "numStartups": 184,
  "tipsHistory": { "new-user-warmup": 3 },
  "mcpServers": {
    "github": {
      "type": "stdio",
      "command": "docker",
      "args": ["run", "-i", "--rm", "ghcr.io/github/github-mcp-server"],
      "env": { "GITHUB_PERSONAL_ACCESS_TOKEN": "ghp_x" }
    }
  },
  "projects": { "/home/you/café": { "allowedTools": [], "mcpServers": { "kie": { "command": "not this one" } } } },
  "oauthAccount": { "emailAddress": "you@example.org" }
}
""",
    "claude-desktop": '{"mcpServers":{"fs":{"command":"npx","args":["-y","fs"]}},"globalShortcut":""}',
    "cursor": """\
{
\t"mcpServers": {
\t\t"context7": { "url": "https://mcp.context7.com/mcp" },
\t\t"db": {
\t\t\t"command": "/opt/db", "args": [ "--ro" ] }
\t}
}""",
    "vscode": """\
// Servers of the team: ask Ann before you change one.
{
    "servers": {
        /* the browser */
        "playwright": {
            "command": "npx",
            "args": ["@playwright/mcp@latest"], // always the newest
        },
        // "old": { "command": "gone" },
    },
    "inputs": [
        { "id": "token", "type": "promptString", "description": "a // token", "password": true },
    ],
}
""",
    "windsurf": '{\r\n   "mcpServers": {\r\n   }\r\n}\r\n',
    "zed": """\
// Zed settings
//
// For information on how to configure Zed, see the Zed
// documentation: https://zed.dev/docs/configuring-zed
{
  "theme": {
    "mode": "system", // by day and by night
    "dark": "One Dark"
  },
  "buffer_font_size": 15,
  "languages": { "Python": { "tab_size": 4 } }
}
""",
    "cline": '{\n  "mcpServers": {}\n}\n',
    "codex": """\
# My Codex
model = "gpt-5.2-codex"   # the quick one
approval_policy = "on-request"

[mcp_servers.docs]
command = "npx"
args = [
  "-y",  # yes to all
  "docs-mcp",
]

[mcp_servers.docs.env]
TOKEN = "x"

[projects."/home/you/work"]
trust_level = "trusted"
""",
    "gemini": """\
{
      "selectedAuthType": "oauth-personal",
      "theme": "Dracula",
      "mcp": { "allowed": ["kie", "git"] },
      "mcpServers": { "git": { "command": "uvx", "args": ["mcp-server-git"] } }
}
""",
    "opencode": """\
{
  "$schema": "https://opencode.ai/config.json",
  "model": "anthropic/claude-sonnet-5", /* best so far */
  "mcp": {
    "jira": {
      "type": "remote",
      "url": "https://jira.example.org/mcp"
    }
    // more to come
  }
}
""",
}
"""A file for each client of the table."""
