"""Measures of reconstructions: arrays in, figures out. Knows neither networks nor TensorFlow."""
