"""Files that a caller hands in: found, checked, uploaded."""
