"""Everything random in a run is a function of (seed, index, stream); the streams are listed here.

A stream is one use of a seed. Two uses must not share a stream, or they draw the same numbers.
"""

import enum

import tensorflow as tf


class Stream(enum.IntEnum):
    """The uses of a run's seed. The numbers are part of every published figure: never reuse one."""

    COEFFICIENTS = 0  # Shape and texture of a synthetic face.
    SCENE = 1  # Pose and light of a synthetic face.
    PHOTO = 2  # The order of the photographs in an epoch.
    VIEW = 4  # Poses and lights of the identity loss.
    MOMENT = 5  # The order of the photographs for the batch distribution loss alone.
    POOL = 6  # The order of a pool of synthetic faces in an epoch.
    PERSON = 7  # The order of the people in batches of identities.
    PHOTO_OF_PERSON = 8  # The order of a person's photographs.
    MIRROR = 9  # Which photographs of people are mirrored.
    AUGMENT = 10  # What is done to the images of photographs.
    EXPRESSION = 11  # The expression of a synthetic face.
    PHOTO_VARIANT = 103  # Which crop of a photograph is shown.
    MOMENT_VARIANT = 105  # Which crop is shown to the batch distribution loss.


def sample_seed(seed: int, index: tf.Tensor, stream: Stream) -> tf.Tensor:
    """Returns the seed int64 [2] of sample `index` (an int64 scalar) of a run, for one use."""
    return tf.random.fold_in(tf.constant([seed, int(stream)], tf.int64), tf.cast(index, tf.int64))


def permuted(index: tf.Tensor, count: int, seed: int, stream: Stream) -> tf.Tensor:
    """Returns where sample `index` falls in its epoch's seeded permutation of `count` items."""
    epoch_seed = sample_seed(seed, index // count, stream)
    return tf.random.experimental.index_shuffle(index % count, epoch_seed, count - 1)
