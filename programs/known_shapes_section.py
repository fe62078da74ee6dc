"""The section of a report with error maps of faces whose true surface is known."""

import numpy as np
import tensorflow as tf

from evaluation.geometry.similarity import fit_similarity
from evaluation.section import Section
from evaluation.turning_mesh import MeshFigure, TurningMesh, distance_mesh
from model.decoder import Coefficients
from model.face_regions import face_crop
from model.face_renderer import FaceRenderer
from model.morphable_model import MorphableModel
from model.scene import NOISE_SIZE, random_scene
from programs.error_meshes import SCALE
from programs.workbench import Workbench
from storage.images import png, to_bytes

FACES = 3
SEED = 1


def known_shapes(bench: Workbench) -> Section:
    """Shows where faces that the last decoder reads from renders are off, in millimeters."""
    name, model = bench.names[-1], bench.trained.face_model
    true, images = _random_faces(model, bench)
    own = bench.decoders[name].decoder
    found = own(bench.encode(name, images), domain="render")
    figures = [
        _figure(model, name, *case) for case in zip(images, _each(true), _each(found), strict=True)
    ]
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
    noise = tf.random.stateless_uniform([FACES, 1, NOISE_SIZE], [SEED, 0])
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


def _figure(
    model: MorphableModel, name: str, image: np.ndarray, true: Coefficients, found: Coefficients
) -> MeshFigure:
    face = face_crop(model)
    shapes = [model.decode_shape(own.shape).numpy()[0] for own in (true, found)]
    colors = [to_bytes(model.decode_texture(own.texture).numpy()[0]) for own in (true, found)]
    off = distances(shapes[1], shapes[0], face)
    meshes = [
        TurningMesh(label, shape, model.triangles, color, focus=shape[face])
        for label, shape, color in zip(("true face", name), shapes, colors, strict=True)
    ]
    largest = SCALE.largest
    error = distance_mesh("error", shapes[0], model.triangles, off, largest, focus=shapes[0][face])
    caption = (
        "A random face of the face model in a random scene, the face that was read from this "
        "render, and the distances of its vertices to those of the true face after the best "
        f"similarity, drawn on the true face: {np.nanmean(off):.2f} mm on average."
    )
    return MeshFigure(caption, (*meshes, error), png(image), SCALE, "render")
