"""Everything that fabricates data: stand-ins for the face model and the datasets that are gated."""
