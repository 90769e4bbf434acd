"""Answers about jobs in a form that every client can read."""
