"""The checkpoints of a stage, from which a run goes on after it was stopped."""

import logging
import os
import pathlib
import re
import shutil

import tensorflow as tf
import tf_keras

from model.training.weight_average import WeightAverage
from storage.atomic import write_text

_LOG = logging.getLogger(__name__)
# TensorFlow names the newest checkpoint in this file. We write it for other programs, and go by the
# checkpoints themselves.
_STATE_FILE = "checkpoint"
_FILE = re.compile(r"ckpt-(\d+)\.(index|data-\d{5}-of-\d{5})")
# How many are kept; the older one serves if the newer one is damaged.
_KEPT = 2


class Checkpoints:
    """Saves and restores a network, its optimizer and the step.

    A checkpoint consists of TensorFlow's files `ckpt-STEP.index` and `ckpt-STEP.data-*`. They
    appear complete or not at all.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        network: tf_keras.Model,
        optimizer: tf_keras.optimizers.Optimizer,
        average: WeightAverage | None = None,
    ):
        """Binds a folder to what is trained; under a distribution strategy, call it in its scope.

        Args:
          folder: of the checkpoints of one stage; made by the first one.
          network: whose variables exist.
          optimizer: gets variables for the network.
          average: of the network's weights, where there is one.
        """
        # Without its variables an optimizer would be restored only at its first step.
        optimizer.build(network.trainable_variables)
        self.variables = [*network.variables, *optimizer.variables]
        self._folder = folder
        self._step = tf.Variable(0, dtype=tf.int64, trainable=False, name="step")
        # "decoder" is what it is called in the checkpoints of all runs so far.
        parts = {"decoder": network, "optimizer": optimizer, "step": self._step}
        self._checkpoint = tf.train.Checkpoint(**parts, **({"average": average} if average else {}))
        self._whole: list[int] = []

    def restore(self) -> int:
        """Restores the newest checkpoint that can be read.

        Returns:
          Its step; 0 if the folder holds no trace of a checkpoint.

        Raises:
          ValueError: there are traces of checkpoints, but none can be read.
        """
        steps = sorted(_files_by_step(self._folder), reverse=True)
        for step in steps:
            try:
                self._read(step)
            # TensorFlow's readers report damage by errors of many kinds, IndexError among them.
            except Exception as error:
                _LOG.warning("%s: cannot be restored (%s)", self._path(step), _first_line(error))
            else:
                self._whole = [step]
                return int(self._step.numpy())
        if steps or (self._folder / _STATE_FILE).exists():
            raise ValueError(
                f"{self._folder}: training has begun, but no checkpoint can be restored; put one "
                "back, or remove this folder to train the stage from its first step"
            )
        return 0

    def save(self, step: int) -> None:
        """Saves a checkpoint, and removes all but the newest whole ones.

        Raises:
          OSError: the checkpoint cannot be written. Those before it stay.
        """
        self._step.assign(step)
        self._write(step)
        self._whole = [*self._whole, step][-_KEPT:]
        for other, files in _files_by_step(self._folder).items():
            if other not in self._whole:
                for file in files:
                    file.unlink()
        self._write_state()

    def _path(self, step: int) -> pathlib.Path:
        return self._folder / f"ckpt-{step}"

    def _read(self, step: int) -> None:
        self._checkpoint.read(str(self._path(step))).assert_existing_objects_matched()

    def _write(self, step: int) -> None:
        # What a killed run left here has no use.
        partial = self._folder / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            self._checkpoint.write(str(partial / f"ckpt-{step}"))
            # In the order of their names the index is last: it makes the data a checkpoint.
            for file in sorted(partial.iterdir()):
                os.replace(file, self._folder / file.name)
        except tf.errors.OpError as error:
            raise OSError(
                f"{self._path(step)}: cannot be written ({_first_line(error)}); make room, and "
                "resume"
            ) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _write_state(self) -> None:
        lines = [f'model_checkpoint_path: "ckpt-{self._whole[-1]}"']
        lines += [f'all_model_checkpoint_paths: "ckpt-{step}"' for step in self._whole]
        write_text(self._folder / _STATE_FILE, "\n".join(lines) + "\n")


def _files_by_step(folder: pathlib.Path) -> dict[int, list[pathlib.Path]]:
    """Returns the files of all checkpoints, whole or not, by their steps."""
    files: dict[int, list[pathlib.Path]] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        if match := _FILE.fullmatch(path.name):
            files.setdefault(int(match[1]), []).append(path)
    return files


def _first_line(error: Exception) -> str:
    """Shortens TensorFlow's messages, which go on with the graph or with all variables."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
