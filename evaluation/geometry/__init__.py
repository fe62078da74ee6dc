"""Compares face meshes with scans: arrays in, distances in millimeters out; it reads no files."""
