"""The arguments of the tools: their types, and what clients really send."""
