"""Frozen networks: layers whose weights are constants, and how a batch goes through them."""
