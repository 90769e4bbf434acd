"""The command line `kie-mcp`; larger commands have a file of their own."""
