"""From photographs on disk to what training consumes."""
