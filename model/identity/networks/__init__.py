"""Recognition networks with named weights, and readers of their public weight files."""
