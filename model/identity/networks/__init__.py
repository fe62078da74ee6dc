"""Recognition networks with named weights, and the readers of their public weight files."""
