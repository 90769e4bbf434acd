"""The command line `kie-mcp`; `commands/` has a file for each command."""
