"""The settings of a run as TensorBoard's table of hyperparameters shows them."""

import pathlib
from collections.abc import Mapping

import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams

# What runs are compared by; each is a number that a stage logs.
_METRICS = {
    "stage1": ("r_squared/shape_first_10",),
    "stage2": ("held_out/identity", "held_out/gray", "r_squared/shape_first_10"),
}


def write(folder: pathlib.Path, settings: Mapping[str, object]) -> None:
    """Writes the settings of a run, by name, beside the events of its stages.

    Args:
      folder: the folder of the run; events go to tensorboard/ in it.
      settings: numbers, texts, truth values and lists of them. What is None is left out.
    """
    shown = {name: _plain(value) for name, value in settings.items() if value is not None}
    metrics = [hparams.Metric(tag, group=stage) for stage, tags in _METRICS.items() for tag in tags]
    with tf.summary.create_file_writer(str(folder / "tensorboard")).as_default():
        hparams.hparams_config([hparams.HParam(name) for name in shown], metrics)
        hparams.hparams(shown, trial_id=folder.name)


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float | str) else ",".join(map(str, value))
