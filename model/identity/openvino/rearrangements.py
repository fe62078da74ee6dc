"""Operations that move, repeat or leave out elements, but do not change them."""

import math

import numpy as np
import tensorflow as tf

from model.identity.frozen.layers import Function, Permutation, ZeroPad
from model.identity.openvino.layout import (
    along_axes,
    in_file_order,
    is_batched,
    is_image,
    stored_order,
)
from model.identity.openvino.operands import constant, integers, named_axes, number, unsupported


def _reshape(layer, sources):
    """Changes the shape alone (Reshape, Squeeze, Unsqueeze) to the one that the file states."""
    before, after = sources[0].shape, layer.shape
    if math.prod(before) != math.prod(after):
        unsupported(layer, f"the step from shape {before} to {after}")
    return in_file_order(lambda x: tf.reshape(x, [-1, *after]), layer, sources[:1])


def _shape_of(layer, sources):
    return Function(lambda: tf.constant([sources[0].shape], tf.int64))


def _transpose(layer, sources):
    rank = len(layer.shape)
    order = integers(layer, sources[1]) or list(range(rank))[::-1]
    batched = is_batched(sources[0].shape) and is_batched(layer.shape)
    if sources[0].value is None and batched and order[0] == 0:
        before = stored_order(sources[0].shape)
        return Permutation(tuple(before.index(order[a]) for a in stored_order(layer.shape)))
    turned = [0, *(axis + 1 for axis in order)]
    return in_file_order(lambda x: tf.transpose(x, turned), layer, sources[:1])


def _concat(layer, sources):
    axis = layer.integer("axis") % len(layer.shape)
    constants = [source.value is not None for source in sources]

    def build(axes):
        def join(*parts):
            if any(constants):
                batch = tf.reduce_max([tf.shape(part)[0] for part in parts])
                repeats = [batch if is_constant else 1 for is_constant in constants]
                parts = [tf.repeat(x, n, 0) for x, n in zip(parts, repeats, strict=True)]
            return tf.concat(parts, axes[0])

        return join

    return along_axes(build, [axis], layer, sources)


def _split(layer, sources):
    """Cuts out one of the parts, whose sizes are equal or listed (VariadicSplit)."""
    shape = sources[0].shape
    axis = named_axes(layer, sources[1], len(shape))[0]
    if layer.type == "Split":
        count = layer.integer("num_splits")
        sizes = [shape[axis] // count] * count
    else:
        sizes = integers(layer, sources[2])
        sizes = [shape[axis] - sum(sizes) - 1 if size == -1 else size for size in sizes]
    start = sum(sizes[: layer.output])
    part = slice(start, start + sizes[layer.output])
    return along_axes(_sliced({axis: part}), [axis], layer, sources[:1])


def _sliced(slices):
    """Makes the `build` of `along_axes` that cuts out slices, given by axis."""

    def build(axes):
        index = [slice(None)] * (max(axes) + 1)
        for axis, part in zip(axes, slices.values(), strict=True):
            index[axis] = part
        return lambda x: x[tuple(index)]

    return build


def _slice(layer, sources):
    starts, stops, steps = (integers(layer, source) for source in sources[1:4])
    shape = sources[0].shape
    named = named_axes(layer, sources[4], len(shape)) if len(sources) > 4 else range(len(starts))
    slices = {
        axis: _positive(range(shape[axis])[start:stop:step])
        for axis, start, stop, step in zip(named, starts, stops, steps, strict=True)
    }
    return along_axes(_sliced(slices), list(slices), layer, sources[:1])


def _positive(chosen):
    """Turns a range into a slice, whose stop is None if it runs backwards to the first element."""
    return slice(chosen.start, None if chosen.stop < 0 else chosen.stop, chosen.step)


_MASKS = ("begin_mask", "end_mask", "new_axis_mask", "shrink_axis_mask", "ellipsis_mask")


def _strided_slice(layer, sources):
    bounds = [integers(layer, source) for source in sources[1:]]
    count = len(bounds[0])
    steps = bounds[2] if len(bounds) > 2 else [1] * count
    masks = [list(layer.integers(name, "")) for name in _MASKS]
    masks = [mask + [0] * (count - len(mask)) for mask in masks]
    index = [_index(*entry) for entry in zip(*bounds[:2], steps, *masks, strict=True)]
    return in_file_order(lambda x: x[(slice(None), *index)], layer, sources[:1])


def _index(begin, end, step, no_begin, no_end, is_new, is_single, is_ellipsis):
    """Makes one entry of a slice in NumPy's notation."""
    if is_ellipsis:
        return Ellipsis
    if is_new:
        return None
    if is_single:
        return begin
    return slice(None if no_begin else begin, None if no_end else end, step)


def _gather(layer, sources):
    if layer.integer("batch_dims", "0"):
        unsupported(layer, "batch_dims")
    shape = sources[0].shape
    axis = int(number(layer, sources[2])) % len(shape)
    indices = constant(layer, sources[1]) % shape[axis]
    return in_file_order(lambda x: tf.gather(x, indices, axis=axis + 1), layer, sources[:1])


def _pad(layer, sources):
    mode = layer.attributes.get("pad_mode", "constant").lower()
    before, after = integers(layer, sources[1]), integers(layer, sources[2])
    pads = {a: pair for a, pair in enumerate(zip(before, after, strict=True)) if pair != (0, 0)}
    if mode == "constant":
        return _pad_with_a_constant(layer, sources, pads)
    if min(min(pair) for pair in [(0, 0), *pads.values()]) < 0:
        unsupported(layer, f"a negative pad ({pads}) of the mode {mode!r}")
    places = {
        axis: np.pad(np.arange(sources[0].shape[axis]), pair, mode) for axis, pair in pads.items()
    }

    def build(axes):
        def repeat(x):
            for axis, chosen in zip(axes, places.values(), strict=True):
                x = tf.gather(x, chosen, axis=axis)
            return x

        return repeat

    return along_axes(build, list(pads), layer, sources[:1])


def _pad_with_a_constant(layer, sources, pads):
    value = number(layer, sources[3]) if len(sources) > 3 else 0.0
    is_border = is_image(layer.shape) and set(pads) <= {2, 3} and sources[0].value is None
    if value == 0 and is_border and min((0, *sum(pads.values(), ()))) == 0:
        return ZeroPad((*pads.get(2, (0, 0)), *pads.get(3, (0, 0))))
    shape = sources[0].shape

    def build(axes):
        def pad(x):
            kept, pairs = [slice(None)] * x.shape.rank, [(0, 0)] * x.shape.rank
            for axis, (named, (before, after)) in zip(axes, pads.items(), strict=True):
                # A negative pad takes away.
                kept[axis] = slice(max(0, -before), shape[named] + min(0, after))
                pairs[axis] = (max(0, before), max(0, after))
            return tf.pad(x[tuple(kept)], pairs, constant_values=value)

        return pad

    return along_axes(build, list(pads), layer, sources[:1])


def _broadcast(layer, sources):
    shape, rank = sources[0].shape, len(layer.shape)
    places = range(rank - len(shape), rank)
    if layer.attributes.get("mode", "numpy").lower() == "explicit":
        places = integers(layer, sources[2])
    aligned = [1] * rank
    for place, size in zip(places, shape, strict=True):
        aligned[place] = size

    def repeat(x):
        x = tf.reshape(x, [-1, *aligned])
        return tf.broadcast_to(x, [tf.shape(x)[0], *layer.shape])

    return in_file_order(repeat, layer, sources[:1])


def _tile(layer, sources):
    shape, repeats = sources[0].shape, integers(layer, sources[1])
    rank = len(layer.shape)
    repeats = [1] * (rank - len(repeats)) + repeats

    def tile(x):
        x = tf.reshape(x, [-1, *[1] * (rank - len(shape)), *shape])
        return tf.tile(x, [1, *repeats])

    return in_file_order(tile, layer, sources[:1])


def _depth_to_space(layer, sources):
    count, channels, height, width = sources[0].shape
    size = layer.integer("block_size")
    if layer.attributes["mode"] == "blocks_first":
        shape, order = [size, size, channels // size**2], [0, 3, 4, 1, 5, 2]
    else:
        shape, order = [channels // size**2, size, size], [0, 1, 4, 2, 5, 3]

    def move(x):
        x = tf.reshape(x, [tf.shape(x)[0] * count, *shape, height, width])
        return tf.reshape(tf.transpose(x, order), [-1, *layer.shape])

    return in_file_order(move, layer, sources)


def _space_to_depth(layer, sources):
    count, channels, height, width = sources[0].shape
    size = layer.integer("block_size")
    blocks_first = layer.attributes["mode"] == "blocks_first"
    order = [0, 3, 5, 1, 2, 4] if blocks_first else [0, 1, 3, 5, 2, 4]
    shape = [channels, height // size, size, width // size, size]

    def move(x):
        x = tf.reshape(x, [tf.shape(x)[0] * count, *shape])
        return tf.reshape(tf.transpose(x, order), [-1, *layer.shape])

    return in_file_order(move, layer, sources)


def _shuffle_channels(layer, sources):
    axis = layer.integer("axis", "1") % len(layer.shape)
    groups = layer.integer("group", "1")
    count = layer.shape[axis]
    order = np.arange(count).reshape(groups, -1).T.reshape(-1)
    return along_axes(
        lambda axes: lambda x: tf.gather(x, order, axis=axes[0]), [axis], layer, sources
    )


TRANSLATORS = {
    "Broadcast": _broadcast,
    "Concat": _concat,
    "DepthToSpace": _depth_to_space,
    "Gather": _gather,
    "Pad": _pad,
    "Reshape": _reshape,
    "ShapeOf": _shape_of,
    "ShuffleChannels": _shuffle_channels,
    "Slice": _slice,
    "SpaceToDepth": _space_to_depth,
    "Split": _split,
    "Squeeze": _reshape,
    "StridedSlice": _strided_slice,
    "Tile": _tile,
    "Transpose": _transpose,
    "Unsqueeze": _reshape,
    "VariadicSplit": _split,
}
