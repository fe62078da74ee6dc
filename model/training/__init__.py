"""The training harness: stages, checkpoints, logs and the folder of a run."""
