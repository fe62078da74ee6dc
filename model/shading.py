"""How the light on a face becomes its color: the constants of Phong shading (section 3.2.2)."""

import dataclasses
import math

COLOR_SPACES = ("srgb", "linear")


@dataclasses.dataclass(frozen=True)
class Shading:
    """The shading of rendered faces. The paper gives none of these values.

    Attributes:
      color_space: the space in which lights act, "srgb" or "linear". "linear" shades as light
        does, and encodes the result; the faces trained with it are recognized better by both
        networks (docs/results.md). "srgb" shades the encoded colors directly, as users of the
        original renderer did.
      specular: c of Ks = c - c Kd, in 0..1.
      shininess: the Phong exponent, at least 0.

    Raises:
      ValueError: a value is unknown, not a number, or out of its range.
    """

    color_space: str = "linear"
    specular: float = 0.15
    shininess: float = 12.0

    def __post_init__(self):
        if self.color_space not in COLOR_SPACES:
            raise ValueError(
                f"color_space is {self.color_space!r}; it must be one of {', '.join(COLOR_SPACES)}"
            )
        if not 0.0 <= _number("specular", self.specular) <= 1.0:
            raise ValueError(f"specular is {self.specular}; the constant c must lie in 0..1")
        if not 0.0 <= _number("shininess", self.shininess) < math.inf:
            raise ValueError(f"shininess is {self.shininess}; it must be finite and at least 0")


def _number(name: str, value: float) -> float:
    """Checks the type too, since a shading may have been read from a file."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is {value!r}; it must be a number")
    return value


# Of pictures for people (`scene.portrait_scene`), whatever a decoder was trained with: light acts
# as it does in the viewers of mesh files, and dark skin does not shine more than it should.
PORTRAIT_SHADING = Shading("linear", specular=0.08, shininess=15.0)
