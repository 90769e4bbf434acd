"""Pictures, speech and talking videos from Kie.ai, for AI assistants over MCP."""

__version__ = "0.1.0"
