"""Pictures and sounds decoded: previews, and files turned into kinds that a model takes."""
