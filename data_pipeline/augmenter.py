"""Changes crops of photographs at random inside tf.data; see `data_pipeline.augmentation`."""

import numpy as np
import tensorflow as tf

from data_pipeline.augmentation import Augmentation
from data_pipeline.random_streams import Stream, sample_seed
from model.alignment import crop_transform
from model.crop import MIRRORED_POINTS, Crop

# Shift to the right and down, scale, turn; then gains, blur, quality, and whether to mirror.
_NOISE = 4 + 4 + 3


class Augmenter:
    """Changes the crops of one network; what sample k gets is a function of (seed, k)."""

    def __init__(self, augmentation: Augmentation, crop: Crop):
        """Takes what is done, and the crop that images are cut by."""
        self._options = augmentation
        self._size = crop.image_size
        self._unmirror = _unmirror(crop)

    def __call__(self, images: tf.Tensor, seed: int, indices: tf.Tensor) -> tf.Tensor:
        """Changes a batch.

        Args:
          images: float32 RGB [B, S, S, 3] in 0..1, aligned crops.
          seed: the run's seed.
          indices: int64 [B], the numbers of the samples.

        Returns:
          float32 [B, S, S, 3] in 0..1.
        """
        noise = tf.map_fn(
            lambda k: tf.random.stateless_uniform([_NOISE], sample_seed(seed, k, Stream.AUGMENT)),
            indices,
            fn_output_signature=tf.float32,
        )
        options = self._options
        if options.flip or options.shift:
            images = self._move(images, noise)
        if options.color:
            images = _recolor(images, noise[:, 4:8], options.color)
        if options.blur:
            images = _blur(images, noise[:, 8] * options.blur, options.blur)
        images = tf.clip_by_value(images, 0.0, 1.0)
        return _compress(images, noise[:, 9], options.jpeg) if options.jpeg else images

    def _move(self, images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Mirrors and shifts by one resampling."""
        to_source = _inverse_shift(noise[:, :4] * 2.0 - 1.0, self._options.shift, self._size)
        mirrored = tf.constant(self._unmirror, tf.float32) @ to_source
        flipped = noise[:, 10, None, None] < self._options.flip
        matrices = tf.reshape(tf.where(flipped, mirrored, to_source), [-1, 9])[:, :8]
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=matrices,
            output_shape=[self._size, self._size],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="NEAREST",
        )


def _unmirror(crop: Crop) -> np.ndarray:
    """The map [3, 3] from pixels of the mirror image's aligned crop to those of the crop itself."""
    points = crop.canonical_points().astype(np.float64)
    last = crop.image_size - 1
    # The right eye of the mirror image is the left one of the face.
    places = [crop.point_indices.index(MIRRORED_POINTS[k]) for k in crop.point_indices]
    mirrored = points[places] * (-1, 1) + (last, 0)
    aligned = np.vstack([crop_transform(tf.constant(mirrored), crop).numpy(), [0, 0, 1]])
    return np.array([[-1, 0, last], [0, 1, 0], [0, 0, 1]]) @ np.linalg.inv(aligned)


def _inverse_shift(noise: tf.Tensor, strength: float, size: int) -> tf.Tensor:
    """Maps [B, 3, 3] from pixels of a shifted crop to those of the crop; noise is in -1..1."""
    right, down, scale, turn = tf.unstack(noise * strength, axis=-1)
    cos, sin = (1.0 + scale) * tf.cos(turn), (1.0 + scale) * tf.sin(turn)
    center = (size - 1) / 2
    x = center * (1.0 - cos + sin) + size * right
    y = center * (1.0 - sin - cos) + size * down
    zero, one = tf.zeros_like(cos), tf.ones_like(cos)
    rows = [[cos, -sin, x], [sin, cos, y], [zero, zero, one]]
    return tf.stack([tf.stack(row, axis=-1) for row in rows], axis=-2)


def _recolor(images: tf.Tensor, noise: tf.Tensor, strength: float) -> tf.Tensor:
    """Multiplies each channel [B, 3] and all of them by random gains."""
    normal = tf.math.ndtri(tf.clip_by_value(noise, 1e-3, 1.0 - 1e-3)) * strength
    gains = tf.exp(0.5 * normal[:, :3] + 0.5 * normal[:, 3:])
    return images * gains[:, None, None, :]


def _blur(images: tf.Tensor, sigma: tf.Tensor, largest: float) -> tf.Tensor:
    """Blurs each image by its own Gaussian, whose standard deviation is in pixels."""
    radius = int(np.ceil(3 * largest))
    places = tf.range(-radius, radius + 1, dtype=tf.float32)
    # A Gaussian that is far narrower than a pixel leaves the image as it is.
    weights = tf.exp(-0.5 * tf.square(places / tf.maximum(sigma, 1e-2)[:, None]))
    weights /= tf.reduce_sum(weights, axis=-1, keepdims=True)

    def blur_one(pair):
        image, kernel = pair
        kernel = tf.tile(kernel[:, None, None, None], [1, 1, 3, 1])
        padding = [[radius, radius], [radius, radius], [0, 0]]
        padded = tf.pad(image, padding, "REFLECT")[None]
        down = tf.nn.depthwise_conv2d(padded, kernel, [1, 1, 1, 1], "VALID")
        across = tf.transpose(kernel, [1, 0, 2, 3])
        return tf.nn.depthwise_conv2d(down, across, [1, 1, 1, 1], "VALID")[0]

    blurred = tf.map_fn(blur_one, (images, weights), fn_output_signature=tf.float32)
    return tf.ensure_shape(blurred, images.shape)


def _compress(images: tf.Tensor, noise: tf.Tensor, lowest: int) -> tf.Tensor:
    """Compresses and reads each image as a JPEG of its own quality."""
    qualities = tf.cast(lowest + noise * (101 - lowest), tf.int32)
    compressed = tf.map_fn(
        lambda pair: tf.image.adjust_jpeg_quality(*pair),
        (images, qualities),
        fn_output_signature=tf.float32,
    )
    return tf.ensure_shape(compressed, images.shape)
