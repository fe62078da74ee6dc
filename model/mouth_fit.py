"""How teeth, gums, tongue and the inside of the mouth sit in a face.

ICT-FaceKit lets them follow the shape by linear modes of their own, which know little of lips and
chin: in one face the lips end at the gums, in another the gums come out below the lower lip. Here
the face itself says where they stand, in three steps that leave the mean face of the kit nearly as
it is.
"""

import numpy as np
import scipy.spatial

from mesh_renderer.rasterize_triangles import rasterize_clip_space
from model.morphable_model import MorphableModel
from model.named_expressions import NamedExpressions

# Places on the kit's mean face in millimeters: the edge of the upper lip, and where teeth meet.
_UPPER_LIP = ((-10.0, -33.0, 110.9), (0.0, -33.2, 112.8), (10.0, -33.0, 110.9))
_TEETH_MEET = (0.0, -33.6, 112.6)
# So many vertices of the incisors lie about that place.
_EDGE_VERTICES = 24
# The inside of the mouth hangs on the lips: it follows the teeth from so far behind its rim on.
_RIM_MM = 5.0
# Gums end so far above the lower edge of the kit's, and below the upper edge, next to the teeth.
# Points of gum between teeth look like red spikes where a lip hides what they belong to.
_GUMS_BACK_MM, _GUMS_REACH_MM = 2.0, 5.0
# Lower parts go back below the first height, upper ones above the second, wholly after the third.
_LOWER_Y, _UPPER_Y, _TURN_MM = -35.0, -31.0, 12.0
# How far behind the skin they stay at rest. A smile or an open jaw takes up to 3 mm of it.
_CLEARANCE_MM = 3.5
# Parts with a smaller share of a push do not say how far it goes.
_LEAST_SHARE = 0.3
# Beyond this there is no skin in front of them: they are seen through the open mouth.
_MOST_IN_FRONT_MM = 30.0
# The skin around the mouth is measured in a square of this half width, in so many pixels.
_HALF_MM, _PIXELS = 55.0, 220
_DEPTH_MM = 400.0


class MouthFit:
    """Moves what is inside of a mouth to where a face has room for it."""

    def __init__(self, face_model: MorphableModel, expressions: NamedExpressions):
        """Finds on the kit's mean face what belongs together.

        Args:
          face_model: whose faces are given.
          expressions: of that face model.
        """
        kit = -expressions.mean_shape[: face_model.shape_components]
        skin = face_model.decode_shape(kit[None])[0].numpy()
        self._mean = expressions.mouth_vertices(kit)
        self._lip = scipy.spatial.cKDTree(skin).query(_UPPER_LIP)[1]
        self._mean_lip = skin[self._lip].mean(axis=0)
        teeth = np.flatnonzero(expressions.teeth)
        near = scipy.spatial.cKDTree(self._mean[teeth]).query(_TEETH_MEET, _EDGE_VERTICES)[1]
        self._edge = teeth[near]
        self._mean_edge = self._mean[self._edge].mean(axis=0)
        self._follows = _follows(self._mean, expressions)
        self._gums = _drawn_back(self._mean, expressions)
        y = self._mean[:, 1]
        self._shares = [
            self._follows * _step((_LOWER_Y - y) / _TURN_MM),
            self._follows * _step((y - _UPPER_Y) / _TURN_MM),
        ]
        around = np.abs(skin[:, :2] - self._mean_lip[:2]).max(axis=1) < 2 * _HALF_MM
        self._triangles = face_model.triangles[around[face_model.triangles].all(axis=1)]

    def __call__(self, mouth: np.ndarray, skin: np.ndarray) -> np.ndarray:
        """Fits the inside of a mouth into a face at rest.

        The teeth are moved until their edges stand to the upper lip as in the kit's mean face; gums
        are drawn back; and what then lies too close behind the skin, as gums do behind a receding
        chin, is tilted back about the edges of the teeth, so that from the front nothing changes.

        Args:
          mouth: float32 [M, 3] mm, as `NamedExpressions.mouth_vertices` gives it.
          skin: float32 [N, 3] mm, the face model's vertices of the same face.

        Returns:
          float32 [M, 3] mm.
        """
        lip = skin[self._lip].mean(axis=0)
        moved = (lip - self._mean_lip) - (mouth[self._edge].mean(axis=0) - self._mean_edge)
        fitted = mouth + self._follows[:, None] * moved + self._gums
        room = self._room(fitted, skin, lip)
        for share in self._shares:
            fitted[:, 2] -= _push(room, share) * share
        return np.float32(fitted)

    def _room(self, mouth, skin, lip):
        """How far the skin is in front of each vertex, along z: float [M] mm."""
        plane = (skin[:, :2] - lip[:2]) / _HALF_MM
        clip = np.column_stack([plane, -skin[:, 2] / _DEPTH_MM, np.ones(len(skin))])
        depth = rasterize_clip_space(
            np.float32(clip)[None],
            np.float32(skin[None, :, 2:]),
            self._triangles,
            _PIXELS,
            _PIXELS,
            np.float32([-_DEPTH_MM]),
        ).numpy()[0, ..., 0]
        pixels = ((mouth[:, :2] - lip[:2]) / _HALF_MM + 1) * (_PIXELS / 2)
        x, y = np.clip(pixels.astype(int), 0, _PIXELS - 1).T
        return depth[y, x] - mouth[:, 2]


def _push(room, share):
    """By how many millimeters the parts have to go back; 0 if there is room enough."""
    asked = (share > _LEAST_SHARE) & (room > -_MOST_IN_FRONT_MM)
    return np.max((_CLEARANCE_MM - room[asked]) / share[asked], initial=0.0)


def _follows(mean, expressions):
    """How much of the teeth's way each vertex goes, [M]: the rim of the mouth stays at the lips."""
    walls = ~(expressions.teeth | expressions.gums)
    triangles = expressions.mouth_triangles
    triangles = triangles[walls[triangles].all(axis=1)]
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges, count = np.unique(edges, axis=0, return_counts=True)
    rim = np.unique(edges[count == 1])
    from_rim = scipy.spatial.cKDTree(mean[rim]).query(mean)[0]
    return np.where(walls, _step(from_rim / _RIM_MM), 1.0).astype(np.float32)


def _drawn_back(mean, expressions):
    """How gums are moved away from the edges of the teeth: float32 [M, 3] mm."""
    from_teeth = scipy.spatial.cKDTree(mean[expressions.teeth]).query(mean)[0]
    share = expressions.gums * _step((_GUMS_REACH_MM - from_teeth) / 4)
    up = np.where(mean[:, 1] > _TEETH_MEET[1], 1, -1)
    return np.float32((_GUMS_BACK_MM * share * up)[:, None] * [0, 1, 0])


def _step(t):
    """Rises smoothly from 0 at 0 to 1 at 1."""
    t = np.clip(t, 0, 1)
    return np.float32(t * t * (3 - 2 * t))
