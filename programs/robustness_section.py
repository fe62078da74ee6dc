"""The section of a report on faces from damaged, turned and badly lit photographs (figure 6)."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from evaluation import plots
from evaluation.report import Section
from evaluation.robustness import Curve, Faces, curve
from evaluation.tables import robustness_table
from model.decoder import Coefficients
from model.face_regions import face_crop
from model.face_renderer import FaceRenderer
from model.scene import Scene, fixed_scene, rotation_matrix, stack_scenes
from programs.judges import identities_of
from programs.photo_damages import DAMAGES, SEED
from programs.workbench import Workbench
from storage.images import to_bytes

# So many people are enough for a curve.
MAX_PEOPLE = 32
_BATCH = 8


def _turned(yaw_deg: float) -> Scene:
    return fixed_scene(yaw_deg)


def _lit_from(azimuth_deg: float) -> Scene:
    """Turns the lights of the fixed scene around the face."""
    scene = fixed_scene()
    around = rotation_matrix(math.radians(azimuth_deg), 0.0)
    return scene._replace(light_positions=tf.linalg.matvec(around, scene.light_positions))


# No photograph can be turned or lit anew. So the faces of the photographs are rendered, and the
# face from such a render is compared with the one from the render that nothing was done to.
SCENES = {
    "pose": (_turned, "yaw, degrees", (15, 30, 45, 60)),
    "light": (_lit_from, "azimuth, degrees", (20, 40, 60, 80)),
}


def robustness(bench: Workbench) -> Section:
    """Says how alike faces stay by the scorer, and in mm, as their photographs get worse."""
    chosen = np.unique(np.linspace(0, len(bench.cache) - 1, MAX_PEOPLE).round().astype(int))
    curves = {name: _curves(bench, name, chosen) for name in bench.decoders}
    units = {name: unit for name, (_, unit, _) in {**DAMAGES, **SCENES}.items()}
    metrics = {
        decoder: {change: dataclasses.asdict(own) for change, own in of_decoder.items()}
        for decoder, of_decoder in curves.items()
    }
    return Section(
        [robustness_table(curves)],
        [plots.robustness_curves(curves, units)],
        {"robustness": metrics},
        seeds={"damages": SEED},
        limits=[
            "Robustness compares a face with that of the same decoder from the unchanged "
            "photograph: a decoder that makes one face of all is perfectly robust. Poses and "
            f"lights are renders of decoded faces. It is measured on {len(chosen)} photographs."
        ],
    )


def _curves(bench: Workbench, decoder: str, chosen: np.ndarray) -> dict[str, Curve]:
    people = [identities_of(bench.cache)[k] for k in chosen]
    crops = bench.crops[chosen]
    faces = _decoded(bench, decoder, crops)
    clean = _described(bench, decoder, faces)
    curves = {}
    for name, (apply, _, levels) in DAMAGES.items():
        changed = {level: _from_crops(bench, decoder, apply(crops, level)) for level in levels}
        curves[name] = curve(clean, changed, people)
    for name, (scene, _, levels) in SCENES.items():
        own = {level: _from_scene(bench, decoder, faces, scene(level)) for level in (0, *levels)}
        curves[name] = curve(own.pop(0), own, people)
    return curves


def _decoded(bench: Workbench, decoder: str, crops: np.ndarray) -> Coefficients:
    return bench.decoders[decoder].decoder(bench.encode(decoder, crops), domain="photo")


def _from_crops(bench: Workbench, decoder: str, crops: np.ndarray) -> Faces:
    return _described(bench, decoder, _decoded(bench, decoder, crops))


def _from_scene(bench: Workbench, decoder: str, faces: Coefficients, scene: Scene) -> Faces:
    """Renders faces in a scene, and reads the renders as photographs."""
    shading, crop = bench.decoders[decoder].shading, bench.trained.encoder.crop
    renderer = FaceRenderer(bench.trained.face_model, crop, shading)
    images = []
    for start in range(0, len(faces.shape), _BATCH):
        shape, texture = (part[start : start + _BATCH] for part in faces)
        images.append(renderer(shape, texture, stack_scenes([scene], len(shape))).numpy()[:, 0])
    return _from_crops(bench, decoder, to_bytes(np.concatenate(images)))


def _described(bench: Workbench, decoder: str, faces: Coefficients) -> Faces:
    """Gets the scorer's embedding of the frontal render, and the vertices of the face."""
    judge, model = bench.judges["scorer"], bench.trained.face_model
    embeddings = judge.embeddings(faces, bench.decoders[decoder].shading)
    frontal = embeddings[:, judge.yaws_deg.index(0)]
    return Faces(frontal, model.decode_shape(faces.shape).numpy()[:, face_crop(model)])
