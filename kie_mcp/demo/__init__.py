"""`kie-mcp demo`: a picture, a voice and a talking video from the sandbox."""
