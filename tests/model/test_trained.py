import numpy as np
import pytest

import open_parts
from model import identity
from model.decoder import Decoder
from model.decoder_io import save_decoder
from model.face_models.load import load_face_model
from model.trained import decoder_path, load_trained


@pytest.fixture(scope="module")
def parts():
    face_model = load_face_model(open_parts.FACE_MODEL, 20, 10)
    return face_model, identity.load("openvino_ir", open_parts.ENCODER)


@pytest.fixture
def run(parts, tmp_path):
    face_model, encoder = parts
    for name in ("decoder", "decoder_stage1"):
        decoder = Decoder(encoder.feature_size, 20, 10)
        save_decoder(tmp_path / f"{name}.npz", decoder, face_model, encoder)
    return tmp_path


def _load(*checkpoints):
    return load_trained(checkpoints, open_parts.FACE_MODEL, "openvino_ir", open_parts.ENCODER)


def test_decoders_bring_their_number_of_components(run):
    trained = _load(run / "decoder_stage1.npz", run)
    assert trained.face_model.shape_components == 20
    assert trained.face_model.texture_components == 10
    features = np.ones([2, trained.encoder.feature_size], np.float32)
    first, second = (decoder(features).shape.numpy() for decoder in trained.decoders)
    assert first.shape == (2, 20)
    assert not np.allclose(first, second)


def test_folder_of_an_unfinished_run(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no decoder\.npz"):
        decoder_path(tmp_path)


def test_missing_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such decoder file or folder of a run"):
        decoder_path(tmp_path / "absent.npz")


def test_decoder_of_another_encoder(run):
    with pytest.raises(ValueError, match="was trained with encoder"):
        load_trained([run], open_parts.FACE_MODEL, "openvino_ir", open_parts.SCORER)
