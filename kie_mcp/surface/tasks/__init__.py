"""Jobs as tasks of MCP's tasks extension."""
