"""The account of the sandbox: its credits, tasks, files and models."""
