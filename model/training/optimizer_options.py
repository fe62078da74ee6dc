"""How weights are changed by gradients; apart from TensorFlow, so that flags can have defaults."""

import dataclasses

OPTIMIZERS = ("adam", "adamw", "sgd")
SCHEDULES = ("cosine", "constant")


@dataclasses.dataclass(frozen=True)
class OptimizerOptions:
    """The optimizer of a stage, and what goes with it.

    Attributes:
      name: one of `OPTIMIZERS`.
      momentum: of "sgd".
      decay: of "adamw": this part of each weight matrix, times the learning rate, is taken off in
        each step.
      schedule: "cosine" lets the learning rate fall to a hundredth, "constant" leaves it.
      warmup_steps: over so many steps the learning rate first rises from 0.
      clip_norm: gradients of all weights together are shortened to this length; None for never.
      weight_average: the decay of a moving average of the weights (`weight_average`), which is what
        is validated and kept; None for the weights of the last step.

    Raises:
      ValueError: a field is out of its range.
    """

    name: str = "adam"
    momentum: float = 0.9
    decay: float = 0.004
    schedule: str = "cosine"
    warmup_steps: int = 0
    clip_norm: float | None = None
    weight_average: float | None = None

    def __post_init__(self):
        for field, names in (("name", OPTIMIZERS), ("schedule", SCHEDULES)):
            if (value := getattr(self, field)) not in names:
                raise ValueError(f"{field} is {value!r}; it must be one of {', '.join(names)}")
        for field in ("momentum", "weight_average"):
            value = getattr(self, field)
            if value is not None and not 0.0 <= value < 1.0:
                raise ValueError(f"{field} is {value}; it must be at least 0 and below 1")
        if self.warmup_steps < 0 or self.decay < 0.0:
            raise ValueError("warmup_steps and decay must be at least 0")
        if self.clip_norm is not None and not self.clip_norm > 0.0:
            raise ValueError(f"clip_norm is {self.clip_norm}; it must be above 0")
