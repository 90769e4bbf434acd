"""The ledger: what remembers the jobs, in one SQLite file."""
