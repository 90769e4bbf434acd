"""Jobs as MCP tasks."""
