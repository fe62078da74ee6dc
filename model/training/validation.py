"""What is measured and drawn beside training."""

import dataclasses
from collections.abc import Callable

import numpy as np

from model.decoder import Coefficients
from model.training.early_stop import EarlyStop
from model.training.stage_log import StageLog


@dataclasses.dataclass(frozen=True)
class Validation:
    """What happens at each validation, in this order; what is None is left out.

    Attributes:
      measure: returns metrics by name.
      early_stop: is told these metrics.
      draw: returns a contact sheet uint8 RGB [H, W, 3] and the coefficients of many photographs.

    Raises:
      ValueError: there is an early stop, but nothing measures its metric.
    """

    measure: Callable[[], dict[str, float]] | None = None
    early_stop: EarlyStop | None = None
    draw: Callable[[], tuple[np.ndarray, Coefficients]] | None = None

    def __post_init__(self):
        if self.early_stop is not None and self.measure is None:
            raise ValueError("Validation: an early stop needs `measure`, which gives its metric")

    @property
    def stopped(self) -> bool:
        """Whether the early stop has ended the stage."""
        return self.early_stop is not None and self.early_stop.stopped

    def run(self, step: int, log: StageLog) -> None:
        """Measures and draws after a step, and writes both to the log."""
        if self.measure is not None:
            metrics = self.measure()
            log.scalars(step, metrics)
            if self.early_stop is not None:
                self.early_stop.update(step, metrics)
        if self.draw is not None:
            sheet, coefficients = self.draw()
            log.sheet(step, sheet)
            named = coefficients._asdict().items()
            log.histograms(step, {f"coefficients/{name}": values for name, values in named})
