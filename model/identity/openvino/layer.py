"""A layer of a network's graph as the file describes it."""

import dataclasses

import numpy as np


@dataclasses.dataclass
class Layer:
    """One output of an operation of the graph; most operations have only one.

    Attributes:
      name: its name, unique in the graph; outputs after the first one have ":1", ":2", … behind it.
      type: the operation, e.g. "Convolution".
      attributes: the operation's, as text.
      inputs: names of the layers that it reads, by port.
      shape: NCHW, with an open batch written as 1, and -1 for any other size that is open.
      output: which output of the operation it is, counted from 0.
      value: the array of a constant (float32, int64 or bool), or None.
    """

    name: str
    type: str
    attributes: dict[str, str]
    inputs: list[str]
    shape: tuple[int, ...]
    output: int = 0
    value: np.ndarray | None = None

    def integers(self, attribute: str, default: str | None = None) -> tuple[int, ...]:
        """An attribute such as "1, 1" as integers.

        Raises:
          ValueError: the layer lacks the attribute, and there is no default; or it is something
            else than whole numbers.
        """
        text = self._text(attribute, default)
        try:
            return tuple(int(part) for part in text.split(",") if part.strip())
        except ValueError as error:
            raise ValueError(f"{self}: its {attribute} is {text!r}, not whole numbers") from error

    def integer(self, attribute: str, default: str | None = None) -> int:
        """An attribute as one integer; see `integers`."""
        values = self.integers(attribute, default)
        if len(values) != 1:
            raise ValueError(f"{self}: its {attribute} is {values}, not one number")
        return values[0]

    def number(self, attribute: str, default: str | None = None) -> float:
        """An attribute as a number.

        Raises:
          ValueError: the layer lacks the attribute, and there is no default; or it is no number.
        """
        text = self._text(attribute, default)
        try:
            return float(text)
        except ValueError as error:
            raise ValueError(f"{self}: its {attribute} is {text!r}, not a number") from error

    def flag(self, attribute: str, default: bool = False) -> bool:
        """An attribute that is "true" or "false", or 1 or 0 in older files."""
        return self.attributes.get(attribute, str(default)).lower() in ("true", "1")

    def _text(self, attribute, default):
        text = self.attributes.get(attribute, default)
        if text is None:
            raise ValueError(f"{self} lacks the attribute {attribute!r}")
        return text

    def __str__(self) -> str:
        return f"layer {self.name!r} ({self.type})"
