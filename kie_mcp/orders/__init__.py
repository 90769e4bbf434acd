"""Orders: what is to be made, before it costs anything."""
