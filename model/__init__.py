"""Morphable model, frozen recognition network, decoder, and the Keras model that trains it."""
