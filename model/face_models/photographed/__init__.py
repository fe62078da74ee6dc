"""A color model of a face model, learned from photographs."""
