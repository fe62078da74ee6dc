"""Frames in which vertices lie where no mesh should have them."""

import numpy as np

# Coordinates, x y z w, that one vertex in a hundred has in a bad frame.
_BAD_VALUES = (
    *((0, value) for value in (np.nan, np.inf, 1e6, 1e30, 1e-42)),
    *((3, value) for value in (np.nan, 0.0, 1e-30, -1e-3, 1e-42)),
    (slice(None), 3e38),
)


def bad_frames(clip: np.ndarray) -> list[np.ndarray]:
    """Returns frames of clip-space vertices [1, V, 4], made from a good one."""
    chosen = np.random.default_rng(0).permutation(clip.shape[1])[: clip.shape[1] // 100]
    frames = []
    for axis, value in _BAD_VALUES:
        frame = clip.copy()
        frame[0, chosen, axis] = value
        frames.append(frame)
    nothing_has_an_area = np.broadcast_to(clip[:, :1], clip.shape)
    return [*frames, nothing_has_an_area]
