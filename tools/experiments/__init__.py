"""Runs the experiments of docs/experiments.md, and prints their table."""
