"""The command `kie-mcp`, a file for each of its commands."""
