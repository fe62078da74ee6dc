"""When things happen beside the steps of training."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Cadence:
    """How many steps lie between two events of a kind.

    An event happens at the multiples of its number, and once more at the last step of the stage.
    The steps that are trained do not depend on these numbers.

    Attributes:
      log: of a line of progress and the loss terms in TensorBoard.
      checkpoint: of a checkpoint.
      validation: of metrics and samples.
      gradient_norms: of the measurement of each term's gradient; None for never.

    Raises:
      ValueError: a number is not positive.
    """

    log: int = 50
    checkpoint: int = 200
    validation: int = 500
    gradient_norms: int | None = None

    def __post_init__(self):
        for name, steps in dataclasses.asdict(self).items():
            if steps is not None and steps < 1:
                raise ValueError(f"Cadence: {name} is {steps}; it must be at least 1")

    def next_event(self, step: int, last_step: int) -> int:
        """Returns the first step after `step` at which an event of any kind happens."""
        numbers = [every for every in dataclasses.astuple(self) if every is not None]
        events = [(step // every + 1) * every for every in numbers]
        return min(*events, last_step)


def is_due(every: int | None, step: int, last_step: int) -> bool:
    """Whether an event that happens each `every` steps happens at `step`; never if it is None."""
    return every is not None and (step % every == 0 or step == last_step)
