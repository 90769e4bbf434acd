"""Answers a client's first requests in the first milliseconds, with the standard library alone."""
