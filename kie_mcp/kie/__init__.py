"""Kie.ai's side of the fence: the only folder that imports httpx."""
