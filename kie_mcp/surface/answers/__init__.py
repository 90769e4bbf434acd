"""A job as an answer that every client can read."""
