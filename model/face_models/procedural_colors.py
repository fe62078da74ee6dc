"""Colors for a face model that has none: painted by code, not measured.

Skin, lips, brows and eyes are masks on the mean face, placed by the 68 points; the components are
what skin, lips, brows, eyes and beard do by hand-made rules, and smooth fields.
"""

import numpy as np

from model.face_models.contents import Pca, principal_components

NOTE = "PROCEDURAL color model: masks and smooth fields painted by code, not measured albedo"

_SKIN = (0.76, 0.57, 0.48)
_LIPS = (0.66, 0.38, 0.36)
_BROWS = (0.36, 0.27, 0.22)
_PARTS = {
    "sclera": (0.86, 0.84, 0.82),
    "iris": (0.32, 0.25, 0.18),
    "pupil": (0.04, 0.04, 0.04),
    "teeth": (0.86, 0.84, 0.78),
    "inner_mouth": (0.45, 0.20, 0.20),
    "lashes": (0.10, 0.08, 0.07),
}
# How skin darkens with melanin and reddens with blood: linear fits by eye, in sRGB.
_MELANIN = (0.085, 0.095, 0.095)
_BLOOD = (0.012, -0.030, -0.028)
_YELLOW = (0.004, 0.004, -0.022)
_SMOOTH_FIELDS = 24
_SEED = 20180619


def procedural_colors(
    vertices: np.ndarray,
    regions: dict[str, np.ndarray],
    landmarks_68: np.ndarray,
    components: int | None = None,
) -> Pca:
    """Paints a mean and its variation.

    Args:
      vertices: float [N, 3] mm, the mean face.
      regions: masks bool [N]; painted are "skin" and the parts of eyes and mouth that are there.
      landmarks_68: int [68], vertices.
      components: how many to keep at most.

    Returns:
      sRGB in 0..1.
    """
    masks = _masks(vertices, regions, landmarks_68)
    skin = masks["skin"]
    mean = np.where(skin > 0, _SKIN, 0.5)
    mean = _blend(mean, masks["lips"], _LIPS)
    mean = _blend(mean, masks["brows"], _BROWS)
    mean = mean + masks["cheeks"] * (0.02, -0.02, -0.02)
    for name, color in _PARTS.items():
        if name in regions:
            mean[regions[name]] = color
    modes = [
        skin * _MELANIN,
        skin * _BLOOD,
        skin * _YELLOW,
        masks["brows"] * (0.12, 0.11, 0.10),
        masks["lips"] * (0.01, -0.05, -0.04),
        masks["cheeks"] * (0.02, -0.03, -0.03),
        masks["beard"] * (0.05, 0.04, 0.03),
        masks["sockets"] * (0.04, 0.04, 0.03),
    ]
    if "iris" in regions:
        modes.append(regions["iris"][:, None] * (0.08, 0.10, 0.14))
    modes += _smooth_modes(vertices, skin)
    flat = np.stack([mode.reshape(-1) for mode in modes], axis=1)
    return principal_components(np.clip(mean, 0, 1), flat, components)


def _masks(vertices, regions, points):
    """Soft masks [N, 1] in 0..1 on the skin."""
    skin = regions["skin"].astype(float)
    on_face = np.clip((vertices[:, 2] - 30) / 30, 0, 1) * skin

    def middle(indices):
        return vertices[points[list(indices)]].mean(axis=0)

    def blob(center, size):
        return on_face * np.exp(-np.sum(((vertices - center) / size) ** 2, axis=1))

    def near(indices, width, lift=0.0):
        line = _resampled(vertices[points[list(indices)]] + (0, lift, 0))
        gaps = np.linalg.norm(vertices[:, None] - line[None], axis=2).min(axis=1)
        return on_face * np.exp(-((gaps / width) ** 2))

    outer = (*range(48, 60), 48)
    lips = np.maximum(near(range(48, 55), 3.5), near((*range(54, 60), 48), 4.0))
    chin, mouth = vertices[points[8]], middle(outer)
    beard = blob((chin + mouth) / 2, (48, 42, 60)) + 0.7 * blob(middle((33, 51)), (28, 7, 30))
    eyes = [middle(range(36, 42)), middle(range(42, 48))]
    cheeks = [(eye + mouth) / 2 + (np.sign(eye[0]) * 22, 2, -14) for eye in eyes]
    masks = {
        "skin": skin,
        "lips": np.clip(1.3 * lips, 0, 1),
        "brows": np.maximum(near(range(17, 22), 4.0), near(range(22, 27), 4.0)),
        "cheeks": np.clip(sum(blob(c, (20, 18, 30)) for c in cheeks), 0, 1),
        "beard": np.clip(beard, 0, 1) * (1 - np.clip(1.3 * lips, 0, 1)),
        "sockets": np.clip(sum(blob(e, (22, 13, 30)) for e in eyes), 0, 1),
    }
    return {name: mask[:, None] for name, mask in masks.items()}


def _resampled(line, steps=12):
    """Points [M, 3] along a polyline."""
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    parts = [a + t * (b - a) for a, b in zip(line[:-1], line[1:], strict=True)]
    return np.concatenate([*parts, line[-1:]])


def _blend(colors, mask, color):
    return colors * (1 - mask) + mask * np.array(color)


def _smooth_modes(vertices, skin):
    """Waves of falling wavelength over the skin, mostly in brightness, some in redness."""
    generator = np.random.default_rng(_SEED)
    modes = []
    for k in range(_SMOOTH_FIELDS):
        wavelength = 260 / (1 + k / 5)
        direction = generator.normal(size=3)
        phase = 2 * np.pi * (vertices @ direction / np.linalg.norm(direction)) / wavelength
        wave = np.sin(phase + generator.uniform(0, 2 * np.pi))[:, None]
        color = np.array(_BLOOD) * 0.7 if k % 3 == 2 else np.full(3, 0.02)
        modes.append(skin * wave * color / (1 + k / 8))
    return modes
