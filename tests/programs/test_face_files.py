"""Textures of the files of a face: their layout and size follow the face model and the options."""

import io
import types

import numpy as np
import pytest
from PIL import Image

import open_parts
from model.face_models.load import load_face_model
from model.identity.canonical_crops import FIVE_POINT_CROP
from model.reconstructor import ReconstructedFace
from programs.face_files import FaceFiles
from tests.model.glb_reader import Glb
from tests.model.small_face_model import write_small_face_model


def _files(face_model, **options):
    reconstructor = types.SimpleNamespace(
        face_model=face_model, encoder=types.SimpleNamespace(crop=FIVE_POINT_CROP)
    )
    nothing = np.zeros(1, np.float32)
    shape = np.zeros(face_model.shape_components, np.float32)
    colors = np.clip(face_model.mean_colors, 0, 1)
    vertices = face_model.mean_vertices
    face = ReconstructedFace(shape, nothing, vertices, colors, nothing, nothing)
    return FaceFiles(reconstructor, ("glb", "obj"), **options)(face, None, None, "me", [], "me.jpg")


def _texture_size(files):
    with Image.open(io.BytesIO(files["me.png"])) as image:
        return image.size


def test_the_embedded_face_model_has_its_own_layout():
    files = _files(load_face_model(open_parts.FACE_MODEL), texture_size=256, glb_texture=True)
    assert _texture_size(files) == (256, 256)
    # So many coordinates its makers gave it.
    assert files["me.obj"].count(b"\nv ") == 12110
    assert files["me.obj"].count(b"\nvt ") == 12519
    assert "TEXCOORD_0" in Glb(files["me.glb"]).primitive["attributes"]


@pytest.mark.parametrize("textured", [False, True])
def test_other_face_models_are_unrolled(tmp_path, textured):
    model = load_face_model(write_small_face_model(tmp_path / "small.h5"))
    files = _files(model, texture_size=512, glb_texture=textured)
    assert _texture_size(files) == (512, 512)
    attributes = Glb(files["me.glb"]).primitive["attributes"]
    assert ("TEXCOORD_0" in attributes) == textured and ("COLOR_0" in attributes) != textured


def test_charts_are_cut_for_faces_that_move():
    """The texture has places for the inside of the mouth, and nothing lies over anything else."""
    pytest.importorskip("xatlas")
    model = load_face_model(open_parts.FACE_MODEL, 1, 1)
    options = {"texture_size": 512, "texture_layout": "charts", "glb_texture": True}
    files = _files(model, **options)
    assert _texture_size(files) == (512, 512)
    primitive = Glb(files["me.glb"]).primitive
    assert "TEXCOORD_0" in primitive["attributes"] and len(primitive["targets"]) == 55
    assert files["me.obj"].count(b"\nv ") == 12110
