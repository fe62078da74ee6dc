"""Reads data sets of face scans: meshes, landmarks, videos, and the layouts that they come in."""
