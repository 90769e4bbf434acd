"""Prompts that people start from."""
