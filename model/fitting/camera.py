"""The camera of a fit: a perspective view of the face model from a fixed distance.

The view frame has the face model's origin, +x to the right, +y up, and the camera on +z, looking
along -z. Pixels: x to the right, y down, integers are the centers of pixels.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Pose:
    """How faces stand before their cameras; B faces.

    Attributes:
      rotation: float [B, 3, 3], from the face model's frame to the view frame.
      focal: float [B], the focal length in pixels.
      center: float [B, 2], the pixel (x, y) on which the model's origin falls.
      distance: of the camera from the model's origin, in mm.
    """

    rotation: np.ndarray
    focal: np.ndarray
    center: np.ndarray
    distance: float

    def view(self, points: np.ndarray) -> np.ndarray:
        """Turns points [B, P, 3] mm of the model's frame into the view frame."""
        return points @ np.swapaxes(self.rotation, -1, -2)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Projects points [B, P, 3] mm of the model's frame to pixels [B, P, 2]."""
        return self.project_view(self.view(points))

    def project_view(self, view: np.ndarray) -> np.ndarray:
        """Projects points [B, P, 3] mm of the view frame to pixels [B, P, 2]."""
        scale = self.focal[:, None] / (self.distance - view[..., 2])
        return self.center[:, None] + view[..., :2] * (1.0, -1.0) * scale[..., None]

    def pixels_per_mm(self) -> np.ndarray:
        """The scale [B] of the picture at the model's origin."""
        return self.focal / self.distance

    def toward_camera(self, points: np.ndarray) -> np.ndarray:
        """Unit vectors [B, P, 3] in the model's frame from points [B, P, 3] mm to the camera."""
        camera = self.rotation[:, 2] * self.distance
        away = camera[:, None] - points
        return away / np.linalg.norm(away, axis=-1, keepdims=True)

    def clip_space(self, points: np.ndarray, image_size: int) -> np.ndarray:
        """Points [B, P, 3] mm to the clip space [B, P, 4] of square images, for the rasterizer.

        Args:
          points: in the model's frame.
          image_size: width and height of the image in the pixels of `focal` and `center`. The
            rasterizer may draw it at any resolution.
        """
        view = self.view(points)
        w = self.distance - view[..., 2]
        pixels = self.project_view(view)
        ndc = (pixels + 0.5) * (2.0 / image_size) - 1.0
        near, far = self.distance - _HALF_DEPTH_MM, self.distance + _HALF_DEPTH_MM
        z = (w * (far + near) - 2 * far * near) / (far - near)
        return np.stack([ndc[..., 0] * w, -ndc[..., 1] * w, z, w], axis=-1)

    def depth(self, z_buffer: np.ndarray) -> np.ndarray:
        """Distances in mm from the camera's plane, of depths -1..1 that `clip_space` leads to."""
        near, far = self.distance - _HALF_DEPTH_MM, self.distance + _HALF_DEPTH_MM
        return 2 * far * near / ((far + near) - z_buffer * (far - near))

    def __getitem__(self, index) -> "Pose":
        """The poses of some of the faces; the index must keep the axis."""
        return Pose(self.rotation[index], self.focal[index], self.center[index], self.distance)


# The clipping planes lie this far before and behind the model's origin: no head is larger.
_HALF_DEPTH_MM = 400.0


def turned(rotation: np.ndarray, omega: np.ndarray) -> np.ndarray:
    """Rotations [B, 3, 3] followed by small ones, given as rotation vectors [B, 3] in radians."""
    angle = np.linalg.norm(omega, axis=-1)[:, None, None]
    axis = cross_matrix(omega / np.maximum(angle[:, 0], 1e-12))
    return (np.eye(3) + np.sin(angle) * axis + (1 - np.cos(angle)) * (axis @ axis)) @ rotation


def cross_matrix(vectors: np.ndarray) -> np.ndarray:
    """Matrices [..., 3, 3] that take the cross product with vectors [..., 3]."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
