"""The section of a report on faces of known tones, rendered in many lights and exposures."""

import dataclasses

import numpy as np
import tensorflow as tf

from evaluation.section import Section
from evaluation.tone_tables import tone_type_table
from evaluation.tone_types import TYPES, constant_errors, type_errors
from model.color import lab_to_srgb, linear_to_srgb, srgb_to_lab, srgb_to_linear
from model.decoder import DOMAINS, Coefficients
from model.face_regions import cheek_mask
from model.face_renderer import FaceRenderer
from model.morphable_model import MorphableModel
from model.scene import Scene, draw_noise, random_scene
from programs.workbench import Workbench
from storage.images import to_bytes

FACES, SCENES = 12, 6
SEED = 0
# So far does the camera make up for a dark or a light face, as photographers do.
_COMPENSATION = 0.8


def tone_types(bench: Workbench) -> Section:
    """Says how far decoded tones are from known ones, by type of skin."""
    model = bench.trained.face_model
    vertices, colors = faces_of_types(model, SEED)
    true = cheeks(model, colors.reshape(-1, *colors.shape[2:])).reshape(len(TYPES), FACES, 3)
    errors = {}
    for name, own in bench.decoders.items():
        renderer = FaceRenderer(model, bench.trained.encoder.crop, own.shading)
        features = bench.encode(name, _photographs(renderer, vertices, colors))
        for domain in DOMAINS:
            faces: Coefficients = own.decoder(features, domain=domain)
            decoded = bench.cheeks_of(faces).reshape(len(TYPES), FACES, SCENES, 3)
            errors[f"{name}, read as {domain}s"] = type_errors(decoded, true)
    errors["one tone for all"] = constant_errors(true, SCENES)
    metrics = {name: dataclasses.asdict(of_decoder) for name, of_decoder in errors.items()}
    return Section(
        [tone_type_table(errors)],
        metrics={"tone_types": metrics},
        seeds={"known tones": SEED},
        title="Known tones",
    )


def faces_of_types(model: MorphableModel, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Makes random faces, and gives each of them the tones of all types.

    The albedo is scaled in linear light, a factor for each channel, so that the cheek has the
    color of the type; features become darker and lighter with the skin.

    Args:
      model: the face model.
      seed: of the faces.

    Returns:
      Vertices float32 [FACES, N, 3] in mm, and colors float32 [types, FACES, N, 3], sRGB.
    """
    generator = np.random.default_rng(seed)
    shape = generator.normal(size=[FACES, model.shape_components]).astype(np.float32)
    texture = generator.normal(size=[FACES, model.texture_components]).astype(np.float32)
    albedo = model.decode_texture(texture, "linear").numpy()
    own = albedo[:, _cheek(model)].mean(axis=1, keepdims=True)
    targets = srgb_to_linear(tf.constant(lab_to_srgb(np.array(list(TYPES.values()))))).numpy()
    scaled = albedo * (targets[:, None, None] / np.maximum(own, 1e-3))
    colors = linear_to_srgb(tf.constant(np.clip(scaled, 0, 1))).numpy()
    return model.decode_shape(shape).numpy(), colors


def cheeks(model: MorphableModel, colors: np.ndarray) -> np.ndarray:
    """The mean colors of cheeks, CIELAB [B, 3], of vertex colors sRGB float [B, N, 3]."""
    return srgb_to_lab(colors[:, _cheek(model)].mean(axis=1))


def _cheek(model):
    mask = cheek_mask(model)
    return mask if mask.any() else np.ones_like(mask)


def _photographs(renderer: FaceRenderer, vertices: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Renders each face of each type in its scenes: uint8 [types * FACES * SCENES, S, S, 3].

    A face has the same scenes in all of its tones.
    """
    images = []
    for of_type in colors:
        for face in range(len(vertices)):
            drawn = renderer.render_meshes(
                vertices[face : face + 1], of_type[face : face + 1], _scenes(face)
            )
            images.append(to_bytes(drawn[0].numpy()))
    return np.concatenate(images)


def _scenes(face: int) -> Scene:
    noise = draw_noise([SEED, face], SCENES)[None]
    return random_scene(noise)._replace(compensation=tf.fill([1, SCENES], _COMPENSATION))
