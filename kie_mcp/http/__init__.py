"""The server over HTTP, and the limits that hold for its callers."""
