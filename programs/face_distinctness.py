"""How well recognition networks tell the faces of face models apart.

A face model bounds what a regressor can show: a network that cannot tell two of its random faces
apart will not recognize a photograph's person in any of them. For each model and seed, random faces
are drawn twice each, in random pose and light, on plain backgrounds; the models get the same shapes
(if they have the same), poses, lights and backgrounds.
"""

import dataclasses

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from data_pipeline.mtcnn_detector import MtcnnDetector
from data_pipeline.synthetic import draw_face
from evaluation.contact_sheet import contact_sheet
from evaluation.verification import verification
from model.alignment import warp_photograph
from model.crop import Crop
from model.face_models.painting.skin_tones import is_human, srgb_to_lab
from model.face_regions import cheek_mask
from model.face_renderer import FaceRenderer
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from model.scene import Scene, random_scene

# A loose crop of 224 pixels, as photographs come.
_CROP = Crop(
    image_size=224,
    point_indices=(0, 1, 2, 3, 4),
    points=((88, 93), (136, 93), (112, 118), (92, 142), (132, 142)),
)
_VIEWS = 2
_SHEET_FACES = 48
_COLORS_SEED = 1_000_003


@dataclasses.dataclass(frozen=True)
class Sample:
    """One random face: its views uint8 [V, S, S, 3], their five points [V, 5, 2], and its colors.

    Attributes:
      colors: sRGB [N, 3].
    """

    views: np.ndarray
    points: np.ndarray
    colors: np.ndarray


def draw_sample(model: MorphableModel, renderer: FaceRenderer, seed: int, index: int) -> Sample:
    """Renders face `index` of a seed in its scenes."""
    position = tf.constant(index, tf.int64)
    # Two draws, so that shapes and scenes do not depend on the number of color components; of two
    # seeds, or the colors' coefficients would repeat those of the shape.
    drawn = draw_face(seed, position, model.shape_components, 0, _VIEWS)
    colors_seed = seed + _COLORS_SEED
    texture = draw_face(colors_seed, position, 0, model.texture_components)["texture"]
    scenes = _plain(random_scene(drawn["scene_noise"][None]))
    vertices = model.decode_shape(drawn["shape"][None])
    colors = model.decode_texture(texture[None])
    images = renderer.render_meshes(vertices, colors, scenes)[0]
    return Sample(
        views=np.uint8(images.numpy() * 255 + 0.5),
        points=renderer.project_landmarks(vertices, scenes)[0].numpy(),
        colors=colors[0].numpy(),
    )


def _plain(scenes: Scene) -> Scene:
    """One color behind a face instead of four."""
    return scenes._replace(background=tf.repeat(scenes.background[..., :1, :], 4, axis=-2))


class DistinctnessTest:
    """Draws the faces of a model and gathers what networks and detector say about them."""

    def __init__(self, networks: dict[str, IdentityNetwork], detector: MtcnnDetector):
        """Compiles the networks.

        Args:
          networks: by the names that the table's columns begin with.
          detector: says whether a render is seen as a face.
        """
        self._networks = {
            name: (network, tf.function(lambda images, net=network: net(images).embedding))
            for name, network in networks.items()
        }
        self._detector = detector

    def __call__(self, model: MorphableModel, name: str, seed: int, faces: int) -> dict[str, str]:
        """Makes a row of the table, by column, from `faces` random faces of a model."""
        renderer, cheeks = FaceRenderer(model, _CROP), cheek_mask(model)
        crops = {judge: [] for judge in self._networks}
        errors, tones = [], []
        for index in tqdm(range(faces), desc=f"{name}, seed {seed}", unit="face", mininterval=5):
            sample = draw_sample(model, renderer, seed, index)
            for judge, (network, _) in self._networks.items():
                views = zip(sample.views, sample.points, strict=True)
                crops[judge] += [warp_photograph(*view, network.crop) for view in views]
            errors.append(self._detection_error(sample.views[0], sample.points[0]))
            tones.append(np.clip(sample.colors[cheeks], 0, 1).mean(axis=0))
        row = {"model": name, "seed": str(seed)}
        for judge, (_, embed) in self._networks.items():
            row |= _told_apart(judge, embed, np.stack(crops[judge]))
        return row | _detected(errors) | _skin(np.stack(tones))

    def _detection_error(self, image, points) -> float:
        """Mean distance of the detector's points, or NaN unless it finds exactly one face."""
        found = self._detector(image)
        if len(found) != 1:
            return np.nan
        between_eyes = np.linalg.norm(points[1] - points[0])
        return float(np.linalg.norm(found[0].points - points, axis=1).mean() / between_eyes)


def _told_apart(name, embed, crops) -> dict[str, str]:
    batches = np.array_split(crops, max(1, len(crops) // 16))
    embeddings = np.concatenate([embed(np.float32(batch) / 255).numpy() for batch in batches])
    result = verification(embeddings, np.repeat(np.arange(len(crops) // _VIEWS), _VIEWS).tolist())
    return {
        f"{name} gap": f"{result.same - result.different:.3f}",
        f"{name} same / different": f"{result.same:.2f} / {result.different:.2f}",
        f"{name} AUC": f"{result.auc:.3f}",
    }


def _detected(errors) -> dict[str, str]:
    return {
        "found": f"{np.mean(np.isfinite(errors)):.1%}",
        "points": f"{np.nanmean(errors):.1%}" if np.any(np.isfinite(errors)) else "–",
    }


def _skin(tones) -> dict[str, str]:
    low, high = np.percentile(srgb_to_lab(tones)[:, 0], [1, 99])
    return {"skin": f"{is_human(tones).mean():.1%}", "L*": f"{low:.0f}–{high:.0f}"}


def sheet(model: MorphableModel, seed: int = 0, faces: int = _SHEET_FACES) -> np.ndarray:
    """Draws the first faces of a seed, two views each: uint8 [H, W, 3]."""
    renderer = FaceRenderer(model, _CROP)
    views = np.stack([draw_sample(model, renderer, seed, k).views for k in range(faces)])
    return contact_sheet(list(np.moveaxis(views / 255.0, 1, 0)), faces_per_row=6)


def markdown_table(rows: list[dict[str, str]]) -> str:
    """Lays out rows of equal columns as a Markdown table."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
