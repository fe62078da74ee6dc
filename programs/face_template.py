"""Makes of a face model the template by which scans are found, completed and numbered."""

import numpy as np
import tensorflow as tf

from data_pipeline.scans.now import SEVEN_OF_68
from evaluation.geometry.face import Face, Template
from evaluation.geometry.surface import Surface
from model.face_regions import FACE_RADIUS_MM, face_crop, region
from model.landmarks import mesh_digest
from model.morphable_model import MorphableModel


def make_template(model: MorphableModel) -> Template:
    """Makes the template of a face model.

    Raises:
      ValueError: the model lacks the nose tip or another landmark.
    """
    identity = tf.eye(model.shape_components)
    components = model.decode_shape(identity).numpy() - model.mean_vertices
    return Template(
        face_of(model, model.mean_vertices),
        components.reshape(len(components), -1),
        _regions(model),
    )


def face_of(model: MorphableModel, vertices: np.ndarray) -> Face:
    """A face of a face model, float [N, 3] mm, with all that is known of it."""
    vertices = np.asarray(vertices, np.float64)
    tip = vertices[model.landmark_indices(("center.nose.tip",))[0]]
    try:
        landmarks = vertices[model.landmark_indices_68(SEVEN_OF_68)]
    except ValueError:
        # Alignment then starts from the known vertices of the model.
        landmarks = None
    return Face(Surface(vertices, model.triangles), tip, landmarks, topology(model))


def topology(model: MorphableModel) -> str:
    """A text that tells the meshes of a face model from others."""
    return f"{model.n_vertices} vertices {mesh_digest(model)}"


def _regions(model: MorphableModel) -> dict[str, np.ndarray]:
    """Nose, mouth, forehead and cheeks, as in REALY: bool [N] each, disjoint."""
    nose, mouth = region(model, "nose"), region(model, "mouth")
    eyes = model.mean_vertices[
        model.landmark_indices(("right.eye.corner_outer", "left.eye.corner_outer"))
    ]
    x, y, _ = model.mean_vertices.T
    face = face_crop(model, FACE_RADIUS_MM)
    forehead = face & (y > eyes[:, 1].mean() + 15)
    tip = model.mean_vertices[model.landmark_indices(("center.nose.tip",))[0]]
    side = np.abs(x - tip[0]) > 20
    cheeks = face & side & (y < eyes[:, 1].mean() - 15) & (y > tip[1] - 45)
    return {
        "nose": nose,
        "mouth": mouth & ~nose,
        "forehead": forehead,
        "cheeks": cheeks & ~nose & ~mouth,
    }
