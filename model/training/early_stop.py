"""Keeps the best of what is trained, and stops when it gets no better."""

import json
import logging
import pathlib
from collections.abc import Callable

import tf_keras

from storage.atomic import write_text

_LOG = logging.getLogger(__name__)


class EarlyStop(tf_keras.callbacks.Callback):
    """Watches one of the figures that `callbacks.Scalars` measures; it must come after that.

    What was best is remembered in a file, so that a resumed run goes on as if it had not stopped.
    """

    def __init__(
        self,
        path: pathlib.Path,
        figure: str,
        save: Callable[[], None],
        steps_per_epoch: int,
        patience: int,
    ):
        """Takes up what an earlier part of the run left.

        Args:
          path: JSON file of the best step and its figures.
          figure: the name of a figure that shall become large.
          save: called whenever it is larger than ever.
          steps_per_epoch: steps between two calls.
          patience: steps without a better figure before the run stops.
        """
        super().__init__()
        self._path = path
        self._figure = figure
        self._save = save
        self._steps_per_epoch = steps_per_epoch
        self._patience = patience
        self.state = {"step": 0, "figure": None, "stopped": False}
        if path.is_file():
            self.state = json.loads(path.read_text())

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        value = (logs or {}).get(self._figure)
        if value is None:
            return
        step = (epoch + 1) * self._steps_per_epoch
        _LOG.info("step %d: %s %.4f", step, self._figure, value)
        if self.state["figure"] is None or value > self.state["figure"]:
            self._save()
            self._remember(step=step, figure=float(value))
        elif step - self.state["step"] >= self._patience:
            _LOG.info("no better than at step %d: stopped", self.state["step"])
            self._remember(stopped=True)
            self.model.stop_training = True

    def _remember(self, **changes):
        self.state |= changes
        write_text(self._path, json.dumps(self.state) + "\n")
