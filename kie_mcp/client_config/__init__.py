"""Where MCP clients keep their servers, what they want to read there, and how that is written without harm."""
