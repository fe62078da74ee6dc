"""What may be done at random to the crop of a photograph before it is encoded in a step."""

import dataclasses
from collections.abc import Sequence

KINDS = ("flip", "shift", "color", "blur", "jpeg")


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """The random changes of a crop and how strong they are; by default there are none.

    Attributes:
      flip: the probability of the mirror image, aligned anew: canonical points need not be
        symmetric.
      shift: how far the crop may be moved to each side and scaled, as a part of its width; it is
        turned by up to as many radians.
      color: the standard deviation of the logarithm of the gain of each channel; half of it is
        common to the channels.
      blur: the largest standard deviation of a Gaussian, in pixels.
      jpeg: the lowest quality of JPEG, 1..100; 0 does not compress.
    """

    flip: float = 0.0
    shift: float = 0.0
    color: float = 0.0
    blur: float = 0.0
    jpeg: int = 0

    @classmethod
    def of(cls, kinds: Sequence[str]) -> "Augmentation":
        """Makes the augmentation of some of `KINDS`, each in its usual strength.

        Raises:
          ValueError: there is no such kind.
        """
        if unknown := [kind for kind in kinds if kind not in KINDS]:
            raise ValueError(f"augmentation {unknown[0]!r} is not among {', '.join(KINDS)}")
        usual = {"flip": 0.5, "shift": 0.03, "color": 0.1, "blur": 1.0, "jpeg": 40}
        return cls(**{kind: usual[kind] for kind in kinds})
