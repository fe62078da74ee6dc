"""What the scripts at the root do once their flags are known: from options to files."""
