"""Files that a job made: fetched, saved whole, described."""
