"""Spans and metrics of jobs for OpenTelemetry, off unless its environment variables ask for them."""
