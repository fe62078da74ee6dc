"""Small parts that faces are fitted with: a decoder with tone, a network, a face model, shading."""

import pathlib

from model.decoder import Decoder, ToneInput
from model.face_models.load import load_face_model
from model.shading import Shading
from tests.model.fake_identity import FakeIdentityNetwork
from tests.model.small_face_model import write_small_face_model

# How many of the 6 texture components are tone.
TONE = 2


def make_fit_parts(folder: pathlib.Path):
    """Makes decoder, encoder, face model (6 + 6 components, in a file of the folder), shading."""
    face_model = load_face_model(write_small_face_model(folder / "model.h5"))
    encoder = FakeIdentityNetwork()
    decoder = Decoder(encoder.feature_size, 6, 6, tone=ToneInput(TONE, 4))
    return decoder, encoder, face_model, Shading()
