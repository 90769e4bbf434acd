"""Prompts: ready-made tasks that a person picks in a client."""
