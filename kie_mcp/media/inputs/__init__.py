"""Find, check and upload the files that a caller hands in."""
