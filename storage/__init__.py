"""How files are written and encoded: complete or not at all, in one way everywhere."""
