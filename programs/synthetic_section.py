"""The section of a report on rendered faces whose coefficients are known."""

import dataclasses
import itertools

import numpy as np
import tensorflow as tf

from data_pipeline.synthetic import synthetic_faces
from evaluation.contact_sheet import contact_sheet
from evaluation.section import Picture, Section
from evaluation.synthetic import KnownFaces, synthetic_scores, synthetic_tables
from model.color import srgb_to_lab
from model.decoder import DOMAINS, Coefficients
from model.face_regions import face_crop
from model.face_renderer import FaceRenderer
from model.morphable_model import MorphableModel
from model.rendered_views import FixedViews
from programs.workbench import Workbench
from storage.images import jpeg, to_bytes

FACES, _BATCH = 128, 16
# No training draws its faces by this seed unless someone asks for it.
SEED = 104729
_SHOWN = 8


def synthetic(bench: Workbench) -> Section:
    """Says how far decoded faces are from the known ones that were rendered."""
    model = bench.trained.face_model
    scores, pictures = {}, []
    for name, own in bench.decoders.items():
        renderer = FaceRenderer(model, bench.trained.encoder.crop, own.shading)
        crops, true = draw_faces(renderer, FACES)
        features, known = bench.encode(name, crops), known_faces(model, true)
        for domain in DOMAINS:
            decoded: Coefficients = own.decoder(features, domain=domain)
            found = synthetic_scores(known_faces(model, decoded), known)
            scores[f"{name}, read as {domain}s"] = found
        pictures.append(_sheet(renderer, crops, true, decoded, name))
    zero = Coefficients(*(tf.zeros_like(part) for part in true))
    scores["mean face"] = synthetic_scores(known_faces(model, zero), known)
    return Section(
        synthetic_tables(scores, FACES),
        pictures,
        {"synthetic": {name: dataclasses.asdict(own) for name, own in scores.items()}},
        seeds={"rendered faces": SEED},
        limits=[
            "Rendered faces with known coefficients are what a decoder learns from, though other "
            "ones: figures on them are those of the easiest photographs that there are."
        ],
    )


def draw_faces(renderer: FaceRenderer, count: int) -> tuple[np.ndarray, Coefficients]:
    """Renders random faces in random scenes: uint8 RGB [B, S, S, 3], and their coefficients."""
    batches = synthetic_faces(renderer, min(count, _BATCH), SEED)
    parts = list(itertools.islice(batches, -(-count // _BATCH)))
    images, shape, texture = (
        tf.concat([part[key] for part in parts], axis=0)[:count]
        for key in ("images", "shape", "texture")
    )
    return to_bytes(images.numpy()), Coefficients(shape, texture)


def known_faces(model: MorphableModel, faces: Coefficients) -> KnownFaces:
    """What coefficients stand for, on the vertices of the face."""
    face = face_crop(model, 95.0)
    vertices = model.decode_shape(faces.shape).numpy()[:, face]
    colors = model.decode_texture(faces.texture).numpy()[:, face]
    lab = srgb_to_lab(colors.reshape(-1, 3)).reshape(colors.shape)
    return KnownFaces(faces.shape.numpy(), faces.texture.numpy(), vertices, lab)


def _sheet(renderer, crops, true, decoded, name) -> Picture:
    """Shows renders, and true and decoded faces in the fixed scene."""
    views = FixedViews(renderer, (0,))
    columns = [crops[:_SHOWN] / 255.0]
    for faces in (true, decoded):
        columns.append(views.images(Coefficients(*(part[:_SHOWN] for part in faces)))[:, 0])
    sheet = contact_sheet([np.float32(column) for column in columns], faces_per_row=4)
    caption = (
        f"The first pictures of each three are renders in random scenes, the second the true faces "
        f"in the fixed scene, the third those that {name} decoded."
    )
    return Picture(f"synthetic_{name.replace('/', '_')}.jpg", jpeg(sheet), caption)
