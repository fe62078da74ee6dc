"""The section of a report with error maps of faces whose true surface is known."""

import dataclasses

import numpy as np
import tensorflow as tf

from evaluation.geometry.similarity import fit_similarity
from evaluation.section import Section
from evaluation.turning_mesh import MeshFigure, TurningMesh, distance_mesh
from model.crop import Crop
from model.decoder import Coefficients
from model.face_regions import face_crop
from model.face_renderer import FaceRenderer
from model.morphable_model import MorphableModel
from model.rendered_views import portrait_crop
from model.scene import draw_noise, portrait_scene, random_scene, stack_scenes
from model.shading import PORTRAIT_SHADING
from programs.error_meshes import SCALE
from programs.workbench import Workbench
from storage.images import jpeg, png, to_bytes

FACES = 3
SEED = 1
_PIXELS = 240


def known_shapes(bench: Workbench) -> Section:
    """Shows where faces that the last decoder reads from renders are off, in millimeters."""
    name, model = bench.names[-1], bench.trained.face_model
    true, images = _random_faces(model, bench)
    own = bench.decoders[name].decoder
    found = own(bench.encode(name, images), domain="render")
    draw = _Figures(model, name, bench.trained.encoder.crop)
    figures = [draw(*case) for case in zip(images, _each(true), _each(found), strict=True)]
    return Section(title="Errors on known faces", meshes=figures, seeds={"known faces": SEED})


def _each(faces: Coefficients) -> list[Coefficients]:
    count = len(faces.shape)
    return [Coefficients(*(part[k : k + 1] for part in faces)) for k in range(count)]


def _random_faces(model: MorphableModel, bench: Workbench) -> tuple[Coefficients, np.ndarray]:
    """Draws random faces in random scenes: their coefficients, and uint8 [FACES, S, S, 3]."""
    draw = np.random.default_rng(SEED).normal
    sizes = model.shape_components, model.texture_components
    true = Coefficients(*(tf.constant(draw(size=[FACES, size]), tf.float32) for size in sizes))
    shading = bench.shadings[bench.names[-1]]
    renderer = FaceRenderer(model, bench.trained.encoder.crop, shading)
    noise = draw_noise([SEED, 0], FACES)[:, None]
    return true, to_bytes(renderer(*true, random_scene(noise)).numpy()[:, 0])


def distances(found: np.ndarray, true: np.ndarray, compared: np.ndarray) -> np.ndarray:
    """How far vertices are from where they belong, after the best similarity.

    Args:
      found, true: float [N, 3] in mm.
      compared: bool [N], the vertices that are aligned and compared.

    Returns:
      float [N] in mm; NaN where nothing is compared.
    """
    align = fit_similarity(found[compared], true[compared])
    off = np.linalg.norm(align(found) - true, axis=1)
    return np.where(compared, off, np.nan)


class _Figures:
    """Makes the figure of each face."""

    def __init__(self, model: MorphableModel, name: str, crop: Crop):
        self._model, self._name = model, name
        self._face = face_crop(model)
        self._renderer = FaceRenderer(model, portrait_crop(crop, _PIXELS), PORTRAIT_SHADING)

    def __call__(self, image: np.ndarray, true: Coefficients, found: Coefficients) -> MeshFigure:
        """Shows a render, the face on it, the face that was read, and how far that is off."""
        shapes = [self._model.decode_shape(own.shape).numpy()[0] for own in (true, found)]
        colors = [self._model.decode_texture(own.texture).numpy()[0] for own in (true, found)]
        off = distances(shapes[1], shapes[0], self._face)
        meshes = [
            TurningMesh(label, shape, self._model.triangles, to_bytes(color))
            for label, shape, color in zip(("true face", self._name), shapes, colors, strict=True)
        ]
        meshes.append(distance_mesh("error", shapes[0], self._model.triangles, off, SCALE.largest))
        caption = (
            "A random face of the face model in a random scene, the face that was read from this "
            "render, and the distances of its vertices to those of the true face after the best "
            f"similarity, drawn on the true face: {np.nanmean(off):.2f} mm on average."
        )
        shown = tuple(map(self._with_poster, meshes))
        return MeshFigure(caption, shown, png(image), SCALE, "render")

    def _with_poster(self, mesh: TurningMesh) -> TurningMesh:
        vertices, colors = np.float32(mesh.vertices[None]), np.float32(mesh.colors[None] / 255)
        scenes = stack_scenes([portrait_scene()], 1)
        image = self._renderer.render_meshes(vertices, colors, scenes).numpy()[0, 0]
        focus = mesh.vertices[self._face]
        return dataclasses.replace(mesh, poster=jpeg(to_bytes(image)), focus=focus)
