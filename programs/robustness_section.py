"""The section of a report on faces from damaged, turned and badly lit photographs (figure 6)."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from evaluation import plots
from evaluation.robustness import Curve, Faces, curve
from evaluation.section import Section
from evaluation.tables import robustness_table
from model.decoder import Coefficients
from model.face_regions import face_crop
from model.face_renderer import FaceRenderer
from model.scene import Scene, fixed_scene, rotation_matrix, stack_scenes
from programs.judges import Judge, identities_of
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
    judge = bench.judges["scorer"].seen_from((0,))
    curves = {name: _Study(bench, name, judge).curves(chosen) for name in bench.decoders}
    units = {name: unit for name, (_, unit, _) in {**DAMAGES, **SCENES}.items()}
    metrics = {
        decoder: {change: dataclasses.asdict(own) for change, own in of_decoder.items()}
        for decoder, of_decoder in curves.items()
    }
    return Section(
        [robustness_table(curves)],
        [plots.robustness_curves(curves, units)],
        {"robustness": metrics},
        title="Robustness (figure 6)",
        seeds={"damages": SEED},
        limits=[
            "Robustness compares a face with that of the same decoder from the unchanged "
            "photograph: a decoder that makes one face of all is perfectly robust. Poses and "
            f"lights are renders of decoded faces. It is measured on {len(chosen)} photographs."
        ],
    )


class _Study:
    """What becomes of one decoder's faces as photographs change."""

    def __init__(self, bench: Workbench, decoder: str, judge: Judge):
        own = bench.decoders[decoder]
        self._bench, self._judge, self._shading = bench, judge, own.shading
        self._name, self._decoder = decoder, own.decoder
        self._model = bench.trained.face_model
        self._renderer = FaceRenderer(self._model, bench.trained.encoder.crop, own.shading)
        self._skin = face_crop(self._model)

    def curves(self, chosen: np.ndarray) -> dict[str, Curve]:
        """Draws the curve of each change for some of the photographs, int [P]."""
        cache, crops = self._bench.cache, self._bench.crops[chosen]
        people = [identities_of(cache)[k] for k in chosen]
        faces = self._decoded(crops)
        clean = self._described(faces)
        curves = {}
        for name, (apply, _, levels) in DAMAGES.items():
            changed = {level: self._from_crops(apply(crops, level)) for level in levels}
            curves[name] = curve(clean, changed, people)
        for name, (scene, _, levels) in SCENES.items():
            changed = {level: self._from_scene(faces, scene(level)) for level in (0, *levels)}
            curves[name] = curve(changed.pop(0), changed, people)
        return curves

    def _from_scene(self, faces: Coefficients, scene: Scene) -> Faces:
        """Renders faces in a scene, and reads the renders as photographs."""
        images = []
        for start in range(0, len(faces.shape), _BATCH):
            shape, texture = (part[start : start + _BATCH] for part in faces)
            scenes = stack_scenes([scene], len(shape))
            images.append(self._renderer(shape, texture, scenes).numpy()[:, 0])
        return self._from_crops(to_bytes(np.concatenate(images)))

    def _from_crops(self, crops: np.ndarray) -> Faces:
        return self._described(self._decoded(crops))

    def _decoded(self, crops: np.ndarray) -> Coefficients:
        return self._decoder(self._bench.encode(self._name, crops), domain="photo")

    def _described(self, faces: Coefficients) -> Faces:
        embeddings = self._judge.embeddings(faces, self._shading)[:, 0]
        return Faces(embeddings, self._model.decode_shape(faces.shape).numpy()[:, self._skin])
