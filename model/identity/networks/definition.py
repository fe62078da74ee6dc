"""What defines a network with named weights, and the one way in which its weights are loaded."""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np
from absl import logging

from model.identity.network import Backbone
from model.identity.networks import weight_file

RANDOM = "random"

# Sizes and factors beyond this are those of no network, and would exhaust the memory.
_LARGEST_SETTING = 4096

Weights = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Definition:
    """A kind of network.

    Attributes:
      name: its name, one of `model.identity.NAMES`.
      settings: the dataclass of what may differ between two networks of the kind.
      weight_shapes: returns the shapes of all weights by name, for given settings.
      build: makes the network of weights and settings.
      hint: where weights come from, for the error where none are given.
      read: reads a file of a public format, for given settings. It returns the arrays under our
        names, and the settings with what only the file knows. It is None where there is no public
        format.
    """

    name: str
    settings: type
    weight_shapes: Callable[[object], dict[str, tuple[int, ...]]]
    build: Callable[[Weights, object], Backbone]
    hint: str
    read: Callable[[pathlib.Path, object], tuple[Weights, object]] | None = None

    def random_weights(self, settings: object, seed: int = 0) -> Weights:
        """Returns weights with which a training starts, initialized as by He et al. (2015)."""
        generator = np.random.default_rng(seed)
        weights = {}
        for name, shape in self.weight_shapes(settings).items():
            if name.endswith("/kernel"):
                scale = np.sqrt(2 / np.prod(shape[:-1]))
                weights[name] = np.float32(scale) * generator.standard_normal(shape, np.float32)
            else:
                ones = name.endswith(("/gamma", "/variance"))
                weights[name] = np.full(shape, 1.0 if ones else 0.0, np.float32)
        return weights

    def save(self, path: str | pathlib.Path, weights: Weights, settings: object) -> None:
        """Writes weights and their settings to an `.npz` or `.h5`.

        Raises:
          ValueError: the weights do not fit the settings.
        """
        checked = weight_file.check_weights(path, weights, self.weight_shapes(settings))
        stored = {"network": self.name, **dataclasses.asdict(settings)}
        weight_file.save_weights(path, checked, stored)

    def load(self, path: str | pathlib.Path | None, **options) -> Backbone:
        """Loads a network.

        Args:
          path: a file that `save` wrote, which brings its settings; a file or folder of a public
            format that `read` knows; or "random" for random weights, which recognize nobody, but
            serve tests and benchmarks.
          **options: fields of the settings.

        Raises:
          FileNotFoundError: there is no such file.
          ValueError: no path is given, an option is unknown, or the file does not fit the network;
            the message names each array that does not, and both shapes.
        """
        self._check_options(options)
        if path is None:
            raise ValueError(
                f"{self.name} needs a file of weights: {self.hint}; or say weights='{RANDOM}' for "
                "an untrained network"
            )
        if str(path) == RANDOM:
            logging.warning("%s has random weights: it recognizes nobody", self.name)
            settings = self.settings(**options)
            return self.build(self.random_weights(settings), settings)
        path = pathlib.Path(path)
        if self.read is None or weight_file.is_own_file(path):
            weights, settings = self._read_own(path, options)
        else:
            weights, settings = self.read(path, self.settings(**options))
            weights = weight_file.check_weights(path, weights, self.weight_shapes(settings))
        return self.build(weights, settings)

    def _check_options(self, options):
        known = [field.name for field in dataclasses.fields(self.settings)]
        for name in options:
            if name not in known:
                raise ValueError(f"{self.name} has no option {name!r}; it has {', '.join(known)}")

    def _read_own(self, path, options):
        stored = weight_file.read_settings(path)
        network = stored.pop("network", None)
        if network != self.name:
            raise ValueError(f"{path}: weights of {network}, not of {self.name}")
        settings = self._stored_settings(path, stored)
        for name, value in options.items():
            if getattr(settings, name) != value:
                raise ValueError(f"{path}: {name} is {getattr(settings, name)}, not {value}")
        return weight_file.read_weights(path, self.weight_shapes(settings)), settings

    def _stored_settings(self, path, stored):
        defaults = {field.name: field.default for field in dataclasses.fields(self.settings)}
        for name, value in stored.items():
            if name not in defaults:
                raise ValueError(f"{path}: unknown settings {sorted(stored.keys() - defaults)}")
            kinds = (int, float) if isinstance(defaults[name], float) else type(defaults[name])
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not isinstance(value, kinds) or (is_number and not 0 < value <= _LARGEST_SETTING):
                raise ValueError(f"{path}: its setting {name} is {value!r}, which no network has")
        return self.settings(**stored)
