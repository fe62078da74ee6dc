"""Measures reconstructions: arrays in, metrics out. It knows neither networks nor TensorFlow."""
