"""Paints people by code, for a face model that has no colors of its own."""
