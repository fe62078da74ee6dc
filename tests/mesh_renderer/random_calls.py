"""Random calls of the TensorFlow ops: half are as documented, the others have something wrong.

A call is a function of the op's name and a seed. What is wrong is a rank, a size, an index or an
attribute; or a dimension is so large that only a tensor without values can have it.
"""

import dataclasses
import zlib

import numpy as np
import tensorflow as tf

OPS = (
    *("visibility", "barycentrics", "barycentrics_grad", "antialias", "antialias_grad"),
    *("interpolate_mesh", "interpolate_mesh_grad", "interpolate", "interpolate_grad"),
    *("phong_mesh", "phong_mesh_grad", "phong", "phong_grad"),
    *("vertex_normals", "vertex_normals_grad"),
)

# A letter stands for a dimension: batch, vertices, triangles, height, width, channels, lights.
_SHAPES = {
    "clip_space_vertices": "BV4",
    "vertices": "BV3",
    "triangles": "T3",
    "triangle_ids": "BHW",
    "z_buffer": "BHW",
    "barycentrics": "BHW3",
    "image": "BHWC",
    "antialiased": "BHWC",
    "attributes": "BVC",
    "background": "C",
    "per_length": "BV",
    "normals": "BV3",
    "positions": "BV3",
    "diffuse_colors": "BV3",
    "specular_colors": "BV3",
    "shininess_coefficients": "BV",
    "light_positions": "BL3",
    "light_intensities": "BL3",
    "ambient_color": "B3",
    "camera_position": "B3",
    "alphas": "BHW",
    "pixel_positions": "BHW3",
}
_OF_SHADED_MESH = _SHAPES | {"image": "BHW4"}
_OF_SHADED_IMAGE = _OF_SHADED_MESH | {
    "normals": "BHW3",
    "diffuse_colors": "BHW3",
    "specular_colors": "BHW3",
    "shininess_coefficients": "BHW",
}
_SHAPES_OF_OP = {"phong_mesh": _OF_SHADED_MESH, "phong": _OF_SHADED_IMAGE}
_OUTPUTS = {
    "visibility": ("triangle_ids", "z_buffer"),
    "barycentrics": ("barycentrics",),
    "antialias": ("antialiased",),
    "interpolate_mesh": ("image",),
    "interpolate": ("image",),
    "phong_mesh": ("image",),
    "phong": ("image",),
    "vertex_normals": ("normals", "per_length"),
}
_INTEGERS = ("triangles", "triangle_ids")
# What gradient ops take beside what they differentiate by.
_WITHOUT_GRADIENT = {
    "vertex_normals_grad": ("triangles", "normals", "per_length"),
    "antialias_grad": ("triangles", "triangle_ids", "z_buffer"),
}
_ONLY_WITH_SPECULAR_LIGHT = ("camera_position", "specular_colors", "shininess_coefficients")

_WRONG_INTEGERS = np.array([-(2**31), 2**31 - 1, -2, -1, 7, 2**30, 2**16], np.int32)
_WRONG_ATTRIBUTES = (-(2**31), -1, 0, 3, 16383, 16384, 2**31 - 1)
_NASTY_FLOATS = np.array(
    [np.nan, np.inf, -np.inf, 3e38, -3e38, 1e19, 1e12, 1e-30, 1e-45, -1e-40, -0.0, 0.0, 1.0],
    np.float32,
)
_HUGE_SIZES = (2**29 + 1, 2**31, 2**40, 2**58)
# No array is made larger than this by a mistake.
_MOST_VALUES = 10_000


@dataclasses.dataclass
class Call:
    """A call of an op.

    Attributes:
      arguments: by name, attributes and arrays (tensors, where they have no values).
      output_shapes: the shapes of the outputs in order; None where something was made wrong, and
        the op may refuse the call.
    """

    arguments: dict
    output_shapes: list[tuple[int, ...]] | None


def draw(op: str, parameters: list[str], seed: int) -> Call:
    """Draws a call of an op.

    Args:
      op: one of `OPS`.
      parameters: names of its inputs and attributes.
      seed: number of the call.
    """
    rng = np.random.default_rng([zlib.crc32(op.encode()), seed])
    dice = _Dice(rng)
    is_wrong = dice.hits(one_in=2)
    arguments = _Arguments(op, parameters, dice)
    if is_wrong and dice.hits(one_in=8):
        arguments.make_a_size_huge()
    drawn = arguments.draw()
    if not is_wrong:
        return Call(drawn, arguments.output_shapes(drawn))
    for _ in range(dice.number(1, 2)):
        name = dice.choice(list(drawn))
        drawn[name] = _made_wrong(name, drawn[name], dice)
    return Call(drawn, None)


class _Dice:
    """Random choices and values."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng

    def number(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def hits(self, one_in):
        return self.number(1, one_in) == 1

    def choice(self, values):
        return values[self.number(0, len(values) - 1)]

    def integers(self, low, end, shape):
        if 0 in shape:
            return _empty(shape, tf.int32)
        return self.rng.integers(low, min(end, 2**31 - 1), shape, np.int32)

    def floats(self, shape):
        """Ordinary values; in one array of three also what no mesh should hold."""
        if 0 in shape:
            return _empty(shape, tf.float32)
        values = self.rng.uniform(-1.5, 1.5, shape).astype(np.float32)
        if self.hits(one_in=3):
            nasty = self.rng.choice(_NASTY_FLOATS, shape)
            values = np.where(self.rng.random(shape) < 0.2, nasty, values)
        return values


def _empty(shape, dtype):
    """A tensor without values, whose other sizes may be larger than NumPy allows."""
    values = tf.zeros([0], dtype)
    try:
        return tf.reshape(values, tf.constant(shape, tf.int64))
    except tf.errors.InvalidArgumentError:
        return tf.reshape(values, [min(size, 1) for size in shape])


class _Arguments:
    """Arguments of an op that fit each other."""

    def __init__(self, op, parameters, dice):
        self._op, self._parameters, self._dice = op, parameters, dice
        self._shapes = _SHAPES_OF_OP.get(op.removesuffix("_grad"), _SHAPES)
        self._sizes = {letter: dice.number(0, 6) for letter in "BVTHWCL"}

    def make_a_size_huge(self):
        """Makes a dimension larger than memory, if other sizes can be 0 where it occurs."""
        huge = self._dice.choice("BVHWCL")
        sizes = dict(self._sizes)
        for name in self._parameters:
            letters = self._shapes.get(name.removeprefix("d_"), "")
            others = [letter for letter in letters if letter in sizes and letter != huge]
            if huge not in letters or any(sizes[letter] == 0 for letter in others):
                continue
            if not others:
                return
            sizes[self._dice.choice(others)] = 0
        self._sizes = sizes | {huge: self._dice.choice(_HUGE_SIZES)}

    def draw(self):
        if self._sizes["V"] == 0:
            self._sizes["T"] = 0
        arguments = {name: self._argument(name) for name in self._parameters}
        if not arguments.get("specular", True):
            none = np.zeros([0], np.float32)
            arguments |= dict.fromkeys(_ONLY_WITH_SPECULAR_LIGHT, none)
        return arguments

    def output_shapes(self, arguments):
        if not self._op.endswith("_grad"):
            return [self._shape(name) for name in _OUTPUTS[self._op]]
        without = _WITHOUT_GRADIENT.get(self._op, _INTEGERS)
        return [
            tuple(value.shape)
            for name, value in arguments.items()
            if hasattr(value, "shape") and name not in without and not name.startswith("d_")
        ]

    def _shape(self, name):
        letters = self._shapes[name.removeprefix("d_")]
        return tuple(int(c) if c.isdigit() else self._sizes[c] for c in letters)

    def _argument(self, name):
        if name in ("specular", "row_0_is_top"):
            return self._dice.hits(one_in=2)
        if name == "culling":
            return self._dice.number(0, 2)
        if name in ("image_width", "image_height"):
            size = self._dice.number(1, 6)
            self._sizes["W" if name == "image_width" else "H"] = size
            return size
        return self._array(name, self._shape(name))

    def _array(self, name, shape):
        if name == "triangles":
            return self._dice.integers(0, self._sizes["V"], shape)
        if name == "triangle_ids" and self._op in ("interpolate", "interpolate_grad"):
            return self._dice.integers(0, max(self._sizes["T"], 1), shape)
        if name == "triangle_ids":
            return self._dice.integers(-1, self._sizes["T"], shape)
        if name == "barycentrics" and self._sizes["T"] == 0 and 0 not in shape:
            return np.zeros(shape, np.float32)
        return self._dice.floats(shape)


def _made_wrong(name, value, dice):
    """Another value of an argument, which hardly fits the others."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return dice.choice(_WRONG_ATTRIBUTES)
    if name in _INTEGERS and 0 not in value.shape and dice.hits(one_in=2):
        value = value.copy()
        value.flat[dice.number(0, value.size - 1)] = dice.choice(_WRONG_INTEGERS)
        return value
    shape = _wrong_shape(tuple(value.shape), dice)
    if np.prod(shape, dtype=float) > _MOST_VALUES:
        return value
    return dice.integers(-1, 3, shape) if name in _INTEGERS else dice.floats(shape)


def _wrong_shape(shape, dice):
    kind = dice.choice(("any", "fewer", "more", "none", "neighbor", "huge"))
    if kind == "any" or not shape:
        return tuple(dice.number(0, 4) for _ in range(dice.number(0, 6)))
    if kind == "fewer":
        return shape[1:]
    if kind == "more":
        return (1, *shape)
    sizes = list(shape)
    axis = dice.number(0, len(shape) - 1)
    if kind == "none":
        sizes[axis] = 0
    elif kind == "neighbor":
        sizes[axis] = max(sizes[axis] + dice.choice((-1, 1)), 0)
    else:
        sizes[dice.number(0, len(shape) - 1)] = 0
        sizes[axis] = dice.choice(_HUGE_SIZES)
    return tuple(sizes)
