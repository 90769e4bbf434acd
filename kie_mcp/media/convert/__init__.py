"""Decode pictures and sounds: draw previews, and convert files to kinds that a model takes."""
