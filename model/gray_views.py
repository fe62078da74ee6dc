"""Which views show shape alone; apart from TensorFlow, so that flags can have defaults."""

import dataclasses

ALBEDOS = ("mean", "gray")


@dataclasses.dataclass(frozen=True)
class GrayViews:
    """How many views of each face show its shape alone, which the paper does not do.

    In color, texture carries much of what an encoder tells people by, and shape need not.

    Attributes:
      count: so many of a photograph's views have one albedo for all people, the last ones.
      albedo: "mean" for the mean face's texture, "gray" for one gray without brows or lips.

    Raises:
      ValueError: a field is out of its range.
    """

    count: int = 0
    albedo: str = "mean"

    def __post_init__(self):
        if self.count < 0:
            raise ValueError(f"count is {self.count}; it must be at least 0")
        if self.albedo not in ALBEDOS:
            raise ValueError(f"albedo is {self.albedo!r}; it must be one of {', '.join(ALBEDOS)}")
