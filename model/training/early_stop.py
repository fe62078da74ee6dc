"""Keeps the best network of a run, and stops the run when it gets no better."""

import dataclasses
import json
import logging
import math
import pathlib
from collections.abc import Callable, Mapping

from storage.atomic import write_text

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Best:
    """What a run remembers of its best network.

    Attributes:
      step: the step of that network; 0 before the first one.
      metric: its metric, or None before the first one.
      stopped: whether the run has stopped since nothing better came.
    """

    step: int = 0
    metric: float | None = None
    stopped: bool = False


class EarlyStop:
    """Watches one metric, of which larger is better.

    The best step is remembered in a file, so that a resumed run goes on as if it had not stopped.
    """

    def __init__(self, path: pathlib.Path, metric: str, save: Callable[[], None], patience: float):
        """Takes up what an earlier part of the run left.

        Args:
          path: the JSON file of the best step.
          metric: the name of the metric.
          save: called whenever the metric is better than ever; it keeps the network.
          patience: the number of steps without a better metric after which the run stops; infinity
            keeps the best network, and never stops.

        Raises:
          ValueError: the file is damaged.
        """
        self._path = path
        self._metric = metric
        self._save = save
        self._patience = patience
        self.best = _read(path) if path.is_file() else Best()

    @property
    def stopped(self) -> bool:
        """Whether the run, or an earlier part of it, has been stopped."""
        return self.best.stopped

    def update(self, step: int, metrics: Mapping[str, float]) -> None:
        """Compares the metrics of a step with the best ones so far.

        Raises:
          ValueError: the watched metric is not among them.
        """
        if self._metric not in metrics:
            raise ValueError(f"no {self._metric!r} among the metrics {sorted(metrics)} to stop by")
        value = float(metrics[self._metric])
        _LOG.info("step %d: %s %.4f", step, self._metric, value)
        if math.isfinite(value) and (self.best.metric is None or value > self.best.metric):
            self._save()
            self._remember(Best(step, value))
        elif step - self.best.step >= self._patience:
            _LOG.info("no better than at step %d: stopped", self.best.step)
            self._remember(dataclasses.replace(self.best, stopped=True))

    def _remember(self, best: Best) -> None:
        self.best = best
        write_text(self._path, json.dumps(dataclasses.asdict(best)) + "\n")


def _read(path: pathlib.Path) -> Best:
    try:
        fields = json.loads(path.read_text())
        # Runs of earlier versions call the metric a figure.
        metric = fields["metric"] if "metric" in fields else fields["figure"]
        metric = None if metric is None else float(metric)
        return Best(int(fields["step"]), metric, bool(fields["stopped"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path}: is damaged ({error!r}); remove it to go on: the next network that is "
            "validated then counts as the best one so far"
        ) from None
