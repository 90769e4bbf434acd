"""Jobs, outputs and models as resources."""
