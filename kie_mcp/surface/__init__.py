"""What an MCP client sees."""
