"""The embedded face model with its expressions and its mouth, for faces that move."""

import pytest

import open_parts
from model.face_models.load import load_face_model
from model.living_face import LivingFaces
from model.named_expressions import load_named_expressions


@pytest.fixture(scope="module")
def face_model():
    return load_face_model(open_parts.FACE_MODEL)


@pytest.fixture(scope="module")
def expressions(face_model):
    return load_named_expressions(open_parts.NAMED_EXPRESSIONS, open_parts.MOUTH_PARTS, face_model)


@pytest.fixture(scope="module")
def living(face_model, expressions):
    return LivingFaces(face_model, expressions)
