"""What runs a frozen network: layers whose weights are constants."""
