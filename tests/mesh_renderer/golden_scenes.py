"""Scenes of the golden images, and the images as the reference renderer draws them.

The golden images were not made by the code they test: `python -m
tests.mesh_renderer.golden_scenes` draws them with reference.py (NumPy, float64) and writes them as
8-bit PNGs, colors clipped to 0..1. They were looked at: cubes with the lit corners towards their
lights, highlights in front of the camera, nearer faces in front.
"""

import pathlib

import numpy as np
from PIL import Image

from tests.mesh_renderer import meshes, reference

FOLDER = pathlib.Path(__file__).parent / "golden"
WIDTH, HEIGHT = 128, 96
CAMERA = np.array([0.0, 0.0, 6.0])
CAMERA_OPTIONS = {"near_clip": 0.1, "far_clip": 20.0, "fov_y": 40.0}


def cube(angles, shininess, lights, ambient, legacy=False):
    """Makes a scene of a turned cube with colored corners."""
    turn = meshes.rotation(*angles).T
    return {
        "vertices": (meshes.CUBE_VERTICES @ turn).astype(np.float32),
        "normals": (reference.normalize(meshes.CUBE_VERTICES) @ turn).astype(np.float32),
        "diffuse": meshes.CUBE_COLORS,
        "specular": (1.0 - meshes.CUBE_COLORS).astype(np.float32),
        "shininess": shininess,
        "lights": np.array([position for position, _ in lights], np.float32),
        "intensities": np.array([color for _, color in lights], np.float32),
        "ambient": np.array(ambient, np.float32),
        "legacy": legacy,
    }


ONE_LIGHT = [((0, 0, 6), (1, 1, 1))]
TWO_LIGHTS = [((0, -2, 4), (0.8, 0.2, 0.4)), ((3, 3, 4), (0.2, 0.8, 0.4))]
SCENES = {
    "cube_one_light": cube((-0.35, 0.0, 1.05), 6.0, ONE_LIGHT, (0, 0, 0)),
    "cube_two_lights": cube((0.78, 1.05, 0.0), 20.0, TWO_LIGHTS, (0.1, 0.1, 0.2)),
    "cube_legacy_specular": cube((0.78, 1.05, 0.0), 0.5, TWO_LIGHTS, (0, 0, 0), legacy=True),
}


def draw(scene):
    """Draws a scene by the reference renderer: RGBA [H, W, 4]."""
    clip = meshes.project(scene["vertices"], distance=CAMERA[2], aspect=WIDTH / HEIGHT)
    ids, _ = reference.rasterize(clip, meshes.CUBE_TRIANGLES, WIDTH, HEIGHT, np.float64)
    weights = reference.barycentrics(clip, meshes.CUBE_TRIANGLES, ids, WIDTH, HEIGHT)
    sources = {name: name for name in ("normals", "diffuse", "specular")} | {
        "positions": "vertices"
    }
    background = -1.0 if scene["legacy"] else 0.0
    pixels = {
        name: reference.interpolate(scene[key], meshes.CUBE_TRIANGLES, ids, weights, background)
        for name, key in sources.items()
    }
    return reference.phong(
        pixels,
        (ids >= 0).astype(np.float64),
        scene["lights"],
        scene["intensities"],
        CAMERA,
        scene["shininess"],
        scene["ambient"],
        scene["legacy"],
    )


def to_bytes(image):
    """Converts RGBA in 0..1 to uint8."""
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)


if __name__ == "__main__":
    for name, scene in SCENES.items():
        Image.fromarray(to_bytes(draw(scene))).save(FOLDER / f"{name}.png")
