"""Makes a face model of the exact size of the Basel Face Model 2017, for those who do not have it.

It is made of another face model. This is cut to a face, and its mesh is refined to the numbers of
vertices and triangles. It gets as many components: those of the other model, and smooth random
residuals for those that are missing. The result says that it is a stand-in. Programs need the time
and memory that they need with the original; faces and results are not those of the original.
"""

import numpy as np

from model.face_model_contents import FaceModelContents, Pca, principal_components
from model.face_models.landmarks_68 import NAMED_POINTS
from stand_ins.refinement import refine_to, smooth_cut, trim

N_VERTICES, N_TRIANGLES = 53149, 105694
SHAPE_COMPONENTS, COLOR_COMPONENTS, EXPRESSION_COMPONENTS = 199, 199, 100
MARK = (
    "stand-in for model2017-1_bfm_nomouth.h5: its size and layout, not its faces; made from "
    "{source} by refinement, with smooth random residuals for the components that it lacks"
)

# The Basel Face Model shows a head up to about this distance from the nose tip.
_RADIUS_MM = 165.0


def make_stand_in(source: FaceModelContents, source_name: str, seed: int = 0) -> FaceModelContents:
    """Makes the stand-in of another face model.

    Args:
      source: a face model with the landmark `center.nose.tip` and with expressions.
      source_name: what the stand-in calls it.
      seed: the seed of the residuals.

    Raises:
      ValueError: the source has no nose tip, no expressions, or a mesh that cannot be refined to
        these numbers.
    """
    if "center.nose.tip" not in source.landmarks or source.expression is None:
        raise ValueError(f"{source_name}: a stand-in needs a nose tip and expressions")
    triangles, weights = _mesh(source)
    generator = np.random.default_rng(seed)

    def part(pca, components, amplitude):
        return _refined(pca, weights, components, source.shape.mean, amplitude, generator)

    shape = part(source.shape, SHAPE_COMPONENTS, (0.12, 0.03))
    landmarks, landmarks_68 = _moved_landmarks(source, weights)
    return FaceModelContents(
        layout=source.layout,
        shape=shape,
        color=part(source.color, COLOR_COMPONENTS, (0.006, 0.0015)),
        triangles=triangles,
        landmarks=landmarks,
        expression=part(source.expression, EXPRESSION_COMPONENTS, (0.04, 0.01)),
        landmarks_68=landmarks_68,
        regions={name: weights @ mask > 0.5 for name, mask in source.regions.items()},
        color_space=source.color_space,
        notes=source.notes,
        stand_in=MARK.format(source=source_name),
    )


def _mesh(source):
    """The triangles of the stand-in, and the sparse matrix [N', N] that makes its vertices."""
    nose = source.shape.mean[source.landmarks["center.nose.tip"]]
    distance = np.linalg.norm(source.shape.mean - nose, axis=1)
    triangles = source.triangles[trim(source.triangles, distance, _RADIUS_MM)]
    smooth = smooth_cut(triangles, source.triangles, source.n_vertices)
    used = np.unique(triangles)
    renumbered = np.zeros(source.n_vertices, np.int32)
    renumbered[used] = np.arange(len(used))
    kept = smooth.weights[used]
    fine = refine_to(renumbered[triangles], kept @ source.shape.mean, N_TRIANGLES, N_VERTICES)
    return fine.triangles, fine.weights @ kept


def _refined(pca: Pca, weights, components, positions, amplitude, generator) -> Pca:
    """A part on the finer mesh, with residuals for the components that are missing."""
    n_old, n_new = weights.shape[1], weights.shape[0]
    old = pca.basis * np.sqrt(pca.variance)
    modes = (weights @ old.reshape(n_old, -1)).reshape(3 * n_new, -1)[:, :components]
    missing = components - modes.shape[1]
    if missing > 0:
        fields = _smooth_fields(weights @ positions, missing, amplitude, generator)
        modes = np.concatenate([modes, fields], axis=1)
    return principal_components(weights @ pca.mean, modes, components)


def _smooth_fields(points, count, amplitude, generator):
    """Random waves [3N, count] whose wavelengths and amplitudes fall from the first to the last."""
    steps = np.linspace(0, 1, count)
    wavelengths = 120.0 * (25.0 / 120.0) ** steps
    sizes = amplitude[0] * (amplitude[1] / amplitude[0]) ** steps
    fields = np.empty((points.size, count))
    for k in range(count):
        direction = generator.normal(size=(3, 3))
        direction /= np.linalg.norm(direction, axis=0)
        phase = 2 * np.pi * (points @ direction) / wavelengths[k]
        # Each channel has a wave of its own, whose mean square over the surface is a half.
        waves = np.sqrt(2) * sizes[k] * np.sin(phase + generator.uniform(0, 2 * np.pi, 3))
        fields[:, k] = waves.reshape(-1)
    return fields


def _moved_landmarks(source, weights):
    """The landmarks and the 68 points on the finer mesh, without those that were cut away."""
    exact = weights.tocoo()
    own = exact.data == 1.0
    new_of_old = dict(zip(exact.col[own].tolist(), exact.row[own].tolist(), strict=True))
    points = None
    landmarks = dict(source.landmarks)
    if source.landmarks_68 is not None:
        points = np.array([new_of_old.get(int(v), -1) for v in source.landmarks_68], np.int32)
        for point, name in NAMED_POINTS.items():
            landmarks.setdefault(name, int(source.landmarks_68[point - 1]))
    kept = {name: new_of_old[v] for name, v in landmarks.items() if v in new_of_old}
    return kept, points
