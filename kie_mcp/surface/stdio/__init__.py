"""Standard input and output: lines in, lines out."""
