"""Talk to Kie.ai over HTTP: the only folder that imports httpx."""
