"""The smallest server there is: what any MCP server in Python costs to start."""

from mcp.server.mcpserver import MCPServer

server = MCPServer("echo", version="1", log_level="WARNING")


@server.tool()
def echo(text: str) -> str:
    """Say it again."""
    return text


if __name__ == "__main__":
    server.run("stdio")
