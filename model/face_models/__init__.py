"""Face model files: one format a module, one set of checks, and the commands that handle them."""
