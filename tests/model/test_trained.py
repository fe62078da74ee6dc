import json

import numpy as np
import pytest

import open_parts
from model import identity
from model.decoder import Decoder
from model.decoder_io import save_decoder
from model.face_model_contents import Cut
from model.face_models.bfm_hdf5 import write_bfm_hdf5
from model.face_models.load import load_face_model, read_face_model
from model.shading import Shading
from model.trained import Parts, decoder_path, load_trained


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
    return load_trained(checkpoints)


def test_decoders_bring_their_number_of_components(run):
    trained = _load(run / "decoder_stage1.npz", run)
    assert trained.face_model.shape_components == 20
    assert trained.face_model.texture_components == 10
    features = np.ones([2, trained.encoder.feature_size], np.float32)
    first, second = (own.decoder(features).shape.numpy() for own in trained.decoders)
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
        load_trained([run], Parts(encoder_weights=open_parts.SCORER))


def test_shading_travels_with_the_decoder(parts, run):
    face_model, encoder = parts
    linear = Shading("linear", specular=0.3)
    decoder = Decoder(encoder.feature_size, 20, 10)
    save_decoder(run / "linear.npz", decoder, face_model, encoder, shading=linear)
    shadings = [own.shading for own in _load(run / "linear.npz", run).decoders]
    assert shadings == [linear, Shading()]


def test_an_unknown_shading_is_named(parts, run):
    face_model, encoder = parts
    decoder = Decoder(encoder.feature_size, 20, 10)
    shading = Shading()
    object.__setattr__(shading, "color_space", "cmyk")
    save_decoder(run / "odd.npz", decoder, face_model, encoder, shading=shading)
    with pytest.raises(ValueError, match=r"odd\.npz: its shading .* color_space is 'cmyk'"):
        _load(run / "odd.npz")


@pytest.fixture
def other_run(tmp_path):
    """A run of another face model than the embedded one, with the settings of its training."""
    path = tmp_path / "models" / "other.h5"
    contents = read_face_model(open_parts.FACE_MODEL, Cut(12, 8, 5))
    write_bfm_hdf5(path, contents)
    face_model = load_face_model(path)
    encoder = identity.load("openvino_ir")
    decoder = Decoder(encoder.feature_size, 12, 8)
    folder = tmp_path / "run"
    save_decoder(folder / "decoder.npz", decoder, face_model, encoder)
    settings = {"face_model": str(path), "identity_encoder": "openvino_ir"}
    (folder / "config.json").write_text(json.dumps(settings))
    return folder, path


def test_a_run_knows_its_own_parts(other_run):
    folder, path = other_run
    assert _load(folder).face_model.fingerprint == load_face_model(path).fingerprint
    assert _load(folder / "decoder.npz").face_model.name == "other"


def test_parts_are_found_beside_a_run_that_was_moved(other_run):
    folder, path = other_run
    path.rename(folder / path.name)
    assert _load(folder).face_model.name == "other"
    (folder / path.name).unlink()
    with pytest.raises(FileNotFoundError, match=r"trained with .*other\.h5, which is neither"):
        _load(folder)


def test_embedded_parts_of_another_checkout_are_found(run):
    name = "/elsewhere/checkout/open_parts/face_model/ict_bfm_layout_f16.h5"
    (run / "config.json").write_text(json.dumps({"face_model": name}))
    assert _load(run).face_model.shape_components == 20


def test_damaged_settings_are_one_line(run):
    (run / "config.json").write_text("[1, 2")
    with pytest.raises(ValueError, match=r"config\.json: holds no settings of a run"):
        _load(run)
