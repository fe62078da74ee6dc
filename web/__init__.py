"""A page for the browser on this machine: a photograph becomes a face that turns and smiles."""
