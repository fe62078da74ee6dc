"""A small faithful file in the BFM 2017 layout, for tests."""

import json

import h5py
import numpy as np

LANDMARKS = (
    "right.eye.corner_outer",
    "right.eye.corner_inner",
    "left.eye.corner_inner",
    "left.eye.corner_outer",
    "center.nose.tip",
    "right.lips.corner",
    "left.lips.corner",
)
_LANDMARK_XY = ((-45, 34), (-18, 33), (18, 33), (45, 34), (0, 4), (-25, -35), (25, -35))


def write_small_face_model(path, components=6, grid=15, seed=0):
    """A bulging sheet the size of a face: grid² vertices, `components` of each kind."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(-80, 80, grid), np.linspace(-90, 90, grid))
    z = 120 - (x**2 + y**2) / 120
    mean = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    n = len(mean)
    corner = np.arange(n).reshape(grid, grid)[:-1, :-1].reshape(-1)
    lower = np.stack([corner, corner + 1, corner + grid], axis=-1)
    upper = np.stack([corner + 1, corner + grid + 1, corner + grid], axis=-1)
    triangles = np.concatenate([lower, upper])
    variances = np.linspace(400.0, 50.0, components)
    with h5py.File(path, "w") as file:
        for group, center, scale in (
            ("shape", mean, 10.0),
            ("color", np.full((n, 3), 0.55), 0.002),
            ("expression", np.zeros((n, 3)), 1.0),
        ):
            basis = np.linalg.qr(rng.normal(size=(3 * n, components)))[0]
            file[f"{group}/model/mean"] = center.reshape(-1).astype(np.float32)
            file[f"{group}/model/pcaBasis"] = basis.astype(np.float32)
            file[f"{group}/model/pcaVariance"] = (variances * scale).astype(np.float32)
            file[f"{group}/model/noiseVariance"] = np.zeros(1, np.float32)
            file[f"{group}/representer/points"] = center.T.astype(np.float32)
            file[f"{group}/representer/cells"] = triangles.T.astype(np.int32)
        landmarks = [
            {"id": name, "coordinates": [px, py, 120 - (px**2 + py**2) / 120]}
            for name, (px, py) in zip(LANDMARKS, _LANDMARK_XY, strict=True)
        ]
        file["metadata/landmarks/json"] = json.dumps(landmarks)
        file["version/majorVersion"] = 0
        file["version/minorVersion"] = 9
    return path
