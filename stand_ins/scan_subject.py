"""Makes of one textured scan a subject of a data set in MICC's layout: pictures in three lights.

So a real scan, of which there are no videos, goes through the evaluation of the paper's table 1.
The pictures are renders of the scan: its person cannot blink, and light is painted into its
texture.
"""

import os
import pathlib

import cv2
import numpy as np
import trimesh
from scipy.spatial.transform import Rotation

from data_pipeline.scans.mesh_files import read_mesh
from data_pipeline.scans.micc import CONDITIONS, STAND_IN_NOTE
from data_pipeline.scans.textured_mesh import read_textured
from mesh_renderer import rasterize_triangles
from stand_ins.camera import photograph_effects, random_background
from stand_ins.dataset_layouts import check_new
from stand_ins.lights import random_environment
from storage.atomic import write_bytes, write_text, write_together
from storage.images import jpeg, to_bytes

_NOTE_TEXT = (
    "These are renders of one scan, laid out as the MICC data set is. Figures on them cannot be\n"
    "compared with figures on that data set.\n"
)
_PIXELS, _SUPERSAMPLING = 256, 2
# How far the head turns and nods in each condition, in degrees (one standard deviation).
_POSES_DEG = {"cooperative": (8, 4), "indoor": (16, 7), "outdoor": (20, 8)}
# From how far away a picture is taken.
DISTANCES_MM = (700.0, 1600.0)
# The width of what a picture shows, in mm, at the distance of the face.
_WIDTH_MM = 420.0
# The tip of the nose is this near to the plane between left and right.
_MIDDLE_MM = 15.0
# Light acts on linear colors; the texture is encoded by about this exponent.
_GAMMA = 2.2


def write_scan_subject(
    output: str | os.PathLike,
    scan: str | os.PathLike,
    mm_per_unit: float,
    frames: int = 12,
    seed: int = 0,
) -> None:
    """Writes a data set in MICC's layout with one subject.

    Args:
      output: the folder; it must not exist.
      scan: an OBJ file with a texture, y up and z out of the face.
      mm_per_unit: how many millimeters its unit is.
      frames: pictures in each condition.
      seed: picture k of condition c is a function of (seed, c, k).

    Raises:
      FileExistsError: the output is there already.
      ValueError: the scan has no texture.
    """
    output = pathlib.Path(output)
    check_new(output)
    head = Head(scan, mm_per_unit)
    for c, (condition, on_disk) in enumerate(CONDITIONS.items()):
        files = {}
        for k in range(frames):
            rng = np.random.default_rng([seed, c, k])
            yaw, pitch = (rng.normal(0, deviation) for deviation in _POSES_DEG[condition])
            picture = head.photograph(yaw, pitch, rng.uniform(*DISTANCES_MM), rng)
            files[f"{k + 1:05d}.jpg"] = jpeg(to_bytes(picture), 92)
        write_together(output / "subject_01" / "Video" / on_disk, files)
    write_text(output / STAND_IN_NOTE, _NOTE_TEXT)
    place = output / "subject_01" / "Model" / "frontal1" / "obj"
    write_bytes(place / "scan.obj", _obj(*read_mesh(scan), mm_per_unit))


class Head:
    """A textured scan of a head, of which pictures are taken."""

    def __init__(self, scan: str | os.PathLike, mm_per_unit: float):
        """Reads a scan.

        Args:
          scan: an OBJ file with a texture, y up and z out of the face.
          mm_per_unit: how many millimeters its unit is.

        Raises:
          OSError: the file cannot be read.
          ValueError: the scan has no texture.
        """
        self._mesh = read_textured(scan)
        vertices = self._mesh.vertices * mm_per_unit
        vertices -= (vertices.max(axis=0) + vertices.min(axis=0)) / 2
        self._surface = trimesh.Trimesh(vertices, self._mesh.triangles, process=False)

    def photograph(
        self, yaw_deg: float, pitch_deg: float, distance_mm: float, rng: np.random.Generator
    ) -> np.ndarray:
        """Takes one picture in random light, before a random background.

        Args:
          yaw_deg: how far the head turns to its left, in degrees.
          pitch_deg: how far it nods, in degrees.
          distance_mm: of the camera to the middle of the head, in mm.
          rng: draws the rest.

        Returns:
          float32 sRGB [256, 256, 3] in 0..1.
        """
        seen = self._rasterized(_turn(yaw_deg, pitch_deg), distance_mm)
        covered = seen[..., 5] > 0.5
        normals = seen[covered][:, 2:5]
        normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
        albedo = self._mesh.colors_at(seen[covered][:, :2]) ** _GAMMA
        image = np.float32(random_background(len(seen), rng))
        lit = albedo * random_environment(rng).irradiance(normals)
        image[covered] = np.clip(lit, 0, 1) ** (1 / _GAMMA)
        image = cv2.resize(image, (_PIXELS, _PIXELS), interpolation=cv2.INTER_AREA)
        return photograph_effects(image, rng)

    def nose_tip(self, yaw_deg: float, pitch_deg: float, distance_mm: float) -> np.ndarray:
        """Where `photograph` shows the tip of the nose in the same pose from the same distance.

        Returns:
          float64 (x, y) in pixels, with whole numbers at pixel centers.
        """
        middle = self._surface.vertices[np.abs(self._surface.vertices[:, 0]) < _MIDDLE_MM]
        tip = middle[np.argmax(middle[:, 2])][None] @ _turn(yaw_deg, pitch_deg).T
        x, y, _, depth = _clip_space(tip, distance_mm)[0]
        return (np.array([x, -y]) / depth + 1) / 2 * _PIXELS - 0.5

    def _rasterized(self, turned, distance):
        """Texture coordinates, normals and coverage of each pixel, from a distance in mm."""
        clip = _clip_space(self._surface.vertices @ turned.T, distance)
        normals = self._surface.vertex_normals @ turned.T
        size = _PIXELS * _SUPERSAMPLING
        covered = np.ones((len(normals), 1))
        attributes = np.concatenate([self._mesh.uv, normals, covered], axis=1)
        return rasterize_triangles.rasterize_clip_space(
            clip[None].astype(np.float32),
            attributes[None].astype(np.float32),
            self._surface.faces.astype(np.int32),
            size,
            size,
            [0.0] * 6,
        )[0].numpy()[::-1]


def _turn(yaw_deg, pitch_deg):
    return Rotation.from_euler("yx", (yaw_deg, pitch_deg), degrees=True).as_matrix()


def _clip_space(points, distance):
    """Points [N, 3] in mm around the middle of the head, before a camera: [N, 4]."""
    depth = distance - points[:, 2]
    x, y = points[:, :2].T * 2 * distance / _WIDTH_MM
    return np.stack([x, y, depth - 200.0, depth], axis=-1)


def _obj(vertices, triangles, mm_per_unit):
    rows = [f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in vertices * mm_per_unit]
    rows += [f"f {a} {b} {c}" for a, b, c in triangles + 1]
    return "\n".join([*rows, ""]).encode()
