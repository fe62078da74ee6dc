"""Fitting a face model to points that were found in photographs."""
