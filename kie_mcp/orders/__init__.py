"""Orders: what callers want made, before it costs anything."""
