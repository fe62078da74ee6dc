"""The 68 points of iBUG on a reconstructed face: in the photograph, and on the mesh."""

import json

import numpy as np

from model.fitting.camera import Pose
from model.morphable_model import MorphableModel
from storage.printable import printable

FORMAT = "landmarks 68 1"


def landmarks_68_json(
    face_model: MorphableModel, vertices: np.ndarray, pose: Pose, source: str
) -> str:
    """Lists the 68 points of a face.

    The mesh is neutral whatever the photograph shows, so its lips are closed in the photograph too.

    Args:
      face_model: whose vertices are points.
      vertices: float [N, 3] mm, those of the face.
      pose: how it stands in the photograph.
      source: the photograph's name.

    Returns:
      JSON: `format`; `photograph`; `vertices`, 68 indices of vertices of the mesh; `mesh_mm`, 68
      times x, y, z in millimeters, in the frame of the mesh's files; `pixels`, 68 times x and y in
      the photograph, with integers at pixel centers.

    Raises:
      ValueError: the face model does not know all of them.
    """
    indices = face_model.landmark_indices_68()
    points = np.asarray(vertices, np.float64)[indices]
    content = {
        "format": FORMAT,
        "photograph": printable(source),
        "vertices": indices.tolist(),
        "mesh_mm": np.round(points, 3).tolist(),
        "pixels": np.round(pose.project(points[None])[0], 2).tolist(),
    }
    return json.dumps(content) + "\n"
