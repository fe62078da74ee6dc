"""Measures the speed of the renderer and of the recognition networks: `make bench`."""

import command_line

# This comes before any module here needs TensorFlow: benchmarks print their tables alone.
command_line.import_tensorflow()
