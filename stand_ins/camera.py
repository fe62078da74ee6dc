"""Does to a picture what cameras and the web do: blur, noise, color casts; draws backgrounds."""

import cv2
import numpy as np


def photograph_effects(image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Adds blur, a color cast, contrast and noise, in the order in which a camera does.

    Args:
      image: float32 sRGB [H, W, 3] in 0..1.
      generator: of the random numbers.

    Returns:
      float32 [H, W, 3] in 0..1.
    """
    image = _blur(image, generator)
    cast = np.exp(generator.normal(0, 0.06, 3))
    image = image * (cast / cast.mean())
    contrast = generator.uniform(0.85, 1.2)
    image = 0.5 + (np.clip(image, 0, 1) ** generator.uniform(0.85, 1.2) - 0.5) * contrast
    image = np.clip(image, 0, 1)
    # The first is the noise of photons (the darker, the noisier in proportion), the second that of
    # the electronics.
    deviation = generator.uniform(0.0, 0.03) * np.sqrt(image) + generator.uniform(0.0, 0.012)
    noisy = image + generator.normal(size=image.shape) * deviation
    return np.clip(noisy, 0, 1).astype(np.float32)


def random_background(size: int, generator: np.random.Generator) -> np.ndarray:
    """Draws something that is out of focus: float32 sRGB [size, size, 3] in 0..1."""
    draw = (_studio, _bokeh, _wall, _outdoors)[generator.integers(4)]
    image = draw(size, generator).astype(np.float32)
    sigma = generator.uniform(0.004, 0.03) * size
    return np.clip(cv2.GaussianBlur(image, (0, 0), sigma), 0, 1)


def _blur(image, generator):
    size = image.shape[0]
    if generator.random() < 0.6:
        image = cv2.GaussianBlur(image, (0, 0), generator.uniform(0.001, 0.006) * size)
    if generator.random() < 0.15:
        length = max(3, int(generator.uniform(0.01, 0.025) * size)) | 1
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        turn = cv2.getRotationMatrix2D((length // 2, length // 2), generator.uniform(0, 180), 1)
        kernel = cv2.warpAffine(kernel, turn, (length, length))
        image = cv2.filter2D(image, -1, kernel / kernel.sum())
    return image


def _color(generator, low=0.1, high=0.9):
    """Draws a color that is rather gray."""
    gray = generator.uniform(low, high)
    return np.clip(gray + generator.normal(0, 0.1, 3), 0, 1)


def _studio(size, generator):
    """Draws the lit backdrop of a studio."""
    y, x = np.mgrid[0:size, 0:size] / size
    center = generator.uniform(0.2, 0.8, 2)
    glow = np.exp(-((x - center[0]) ** 2 + (y - center[1]) ** 2) / generator.uniform(0.1, 0.6))
    return _color(generator) * (0.5 + 0.6 * glow[..., None])


def _bokeh(size, generator):
    """Draws the discs that distant lights or leaves become out of focus."""
    image = np.full((size, size, 3), _color(generator, 0.05, 0.5))
    for _ in range(generator.integers(15, 60)):
        center = tuple(int(v) for v in generator.integers(0, size, 2))
        radius = int(generator.uniform(0.02, 0.12) * size)
        disc = np.zeros((size, size), np.float32)
        cv2.circle(disc, center, radius, float(generator.uniform(0.2, 0.8)), -1)
        image = image + (_color(generator) - image) * disc[..., None]
    return image


def _wall(size, generator):
    """Draws bricks, shelves or blinds: lines of one color on another."""
    image = np.full((size, size, 3), _color(generator))
    line = _color(generator)
    step, width = int(size * generator.uniform(0.06, 0.2)), max(1, size // 90)
    for position in range(generator.integers(step), size, step):
        image[position : position + width] = line
        if generator.random() < 0.7:
            start = generator.integers(size)
            image[position : position + step, start : start + width] = line
    return image


def _outdoors(size, generator):
    """Draws a sky, a skyline of boxes, and ground."""
    y = np.linspace(0, 1, size)[:, None, None]
    image = np.broadcast_to(np.array([0.55, 0.7, 0.9]) + 0.25 * y, (size, size, 3)).copy()
    for _ in range(12):
        left, top = generator.integers(size), int(generator.uniform(0.2, 0.8) * size)
        image[top:, left : left + int(generator.uniform(0.05, 0.3) * size)] = _color(generator)
    image[int(generator.uniform(0.7, 0.95) * size) :] = _color(generator, 0.2, 0.5)
    return image
