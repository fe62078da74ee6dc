"""The decoder and its files."""

import json

import numpy as np
import pytest
import tensorflow as tf

from model.decoder import Decoder, ToneInput
from model.decoder_io import load_decoder, read_metadata, save_decoder
from model.face_models.load import load_face_model
from model.feature_normalization import AffineMap
from tests.model.fake_identity import FakeIdentityNetwork
from tests.model.small_face_model import write_small_face_model

RNG = np.random.default_rng(0)


@pytest.fixture
def face_model(tmp_path):
    return load_face_model(write_small_face_model(tmp_path / "model.h5"))


def make_decoder(radius=None, photo_adapter=False):
    decoder = Decoder(24, 6, 6, radius=radius, photo_adapter=photo_adapter)
    photo = AffineMap(RNG.normal(size=24), RNG.normal(size=(24, 24)) / 5)
    render = AffineMap(RNG.normal(size=24), RNG.normal(size=(24, 24)) / 5)
    decoder.set_normalization({"photo": photo, "render": render})
    return decoder


def test_is_two_hidden_layers_of_1024_and_a_linear_one():
    decoder = Decoder(1024, 199, 199)
    sizes = [tuple(w.shape) for w in decoder.trainable_weights]
    assert sizes == [(1024, 1024), (1024,), (1024, 1024), (1024,), (1024, 398), (398,)]
    features = RNG.normal(size=(3, 1024)).astype(np.float32)
    w1, b1, w2, b2, w3, b3 = (w.numpy() for w in decoder.trainable_weights)
    hidden = np.maximum(np.maximum(features @ w1 + b1, 0) @ w2 + b2, 0)
    expected = hidden @ w3 + b3
    shape, texture = decoder(features)
    np.testing.assert_allclose(np.concatenate([shape, texture], -1), expected, atol=1e-4)


def test_each_domain_has_its_own_normalization():
    decoder = make_decoder()
    features = RNG.normal(size=(2, 24)).astype(np.float32)
    photo, render = decoder(features, domain="photo"), decoder(features, domain="render")
    assert np.abs(photo.shape - render.shape).max() > 1e-3


def test_long_coefficients_are_shortened_to_the_radius_and_others_left():
    features = RNG.normal(size=(50, 24)).astype(np.float32)
    free = Decoder(24, 6, 5)
    shape = free(features).shape.numpy()
    length = np.sqrt(np.mean(np.square(shape), axis=-1, keepdims=True))
    radius = float(np.median(length))
    bound = Decoder(24, 6, 5, radius=radius)
    bound.set_weights(free.get_weights())
    expected = shape * np.minimum(1, radius / length)
    np.testing.assert_allclose(bound(features).shape, expected, atol=1e-5)


def test_an_adapter_is_a_linear_map_that_is_added_to_photographs_alone():
    decoder = make_decoder(photo_adapter=True)
    plain = make_decoder()
    by_name = {weight.name: weight for weight in decoder.weights}
    for weight in plain.weights:
        weight.assign(by_name[weight.name])
    features = tf.constant(RNG.normal(size=(3, 24)), tf.float32)

    def differences():
        return [
            np.abs(ours - theirs).max()
            for domain in ("photo", "render")
            for ours, theirs in zip(decoder(features, domain), plain(features, domain), strict=True)
        ]

    # It begins as nothing.
    assert differences() == [0.0] * 4
    before = decoder.weight_norm().numpy()
    kernel = RNG.normal(size=(24, 24))
    of_adapter = [weight for weight in decoder.weights if "photo_adapter" in weight.name]
    for weight, values in zip(of_adapter, (kernel, np.ones(24)), strict=True):
        weight.assign(values)
    photo_shape, photo_texture, *of_renders = differences()
    assert min(photo_shape, photo_texture) > 0.01 and of_renders == [0.0] * 2
    assert decoder.weight_norm().numpy() == pytest.approx(before + np.sum(kernel**2), rel=1e-5)
    # The frozen map of another decoder can do the same.
    mean, matrix = plain._mean["photo"].numpy(), plain._matrix["photo"].numpy()
    changed = matrix.astype(float) @ (np.eye(24) + kernel)
    shifted = mean - np.linalg.solve(changed.T, np.ones(24))
    render = AffineMap(np.zeros(24), np.eye(24))
    plain.set_normalization({"photo": AffineMap(shifted, changed), "render": render})
    np.testing.assert_allclose(decoder(features).shape, plain(features).shape, atol=2e-3)


def test_gradient_of_coefficients_of_zero_is_finite():
    decoder = Decoder(24, 6, 5, radius=0.4)
    features = tf.zeros([2, 24])
    with tf.GradientTape() as tape:
        shape, texture = decoder(features)
        loss = tf.reduce_sum(shape) + tf.reduce_sum(texture)
    gradients = tape.gradient(loss, decoder.trainable_variables, unconnected_gradients="zero")
    assert all(np.all(np.isfinite(g)) for g in gradients)


def test_round_trip(tmp_path, face_model):
    decoder, encoder = make_decoder(radius=0.7, photo_adapter=True), FakeIdentityNetwork()
    decoder.photo_crops = 3
    for weight in decoder.trainable_weights:
        weight.assign_add(RNG.normal(size=weight.shape, scale=0.1))
    path = tmp_path / "decoder.npz"
    save_decoder(path, decoder, face_model, encoder, {"figure": 0.5})
    loaded = load_decoder(path, face_model, encoder)
    features = RNG.normal(size=(2, 24)).astype(np.float32)
    for domain in ("photo", "render"):
        for ours, theirs in zip(decoder(features, domain), loaded(features, domain), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert read_metadata(path)["notes"] == {"figure": 0.5}
    assert loaded.photo_crops == 3
    older = _rewritten(path, tmp_path / "older.npz", photo_crops=None)
    assert load_decoder(older, face_model, encoder).photo_crops == 1
    without = _rewritten(path, tmp_path / "without.npz", photo_adapter=False)
    assert not load_decoder(without, face_model, encoder).photo_adapter
    save_decoder(path, make_decoder(), face_model, encoder)
    lying = _rewritten(path, tmp_path / "lying.npz", photo_adapter=True)
    with pytest.raises(ValueError, match="has no array 'photo_adapter/kernel'"):
        load_decoder(lying, face_model, encoder)
    assert [p.name for p in tmp_path.glob("*.partial")] == []


def test_half_precision_file_is_close(tmp_path, face_model):
    decoder, encoder = make_decoder(), FakeIdentityNetwork()
    save_decoder(tmp_path / "d.npz", decoder, face_model, encoder, dtype="float16")
    features = RNG.normal(size=(2, 24)).astype(np.float32)
    loaded = load_decoder(tmp_path / "d.npz", face_model, encoder)
    np.testing.assert_allclose(loaded(features).shape, decoder(features).shape, atol=2e-2)


def test_another_face_model_or_encoder_is_refused(tmp_path, face_model):
    encoder = FakeIdentityNetwork()
    path = tmp_path / "decoder.npz"
    save_decoder(path, make_decoder(), face_model, encoder)
    other = load_face_model(write_small_face_model(tmp_path / "other.h5", seed=1))
    with pytest.raises(ValueError, match="was trained with face_model 'model'"):
        load_decoder(path, other, encoder)
    encoder.fingerprint = "another network"
    with pytest.raises(ValueError, match="was trained with encoder 'fake'"):
        load_decoder(path, face_model, encoder)


def _rewritten(path, target, **changes):
    """Copies a decoder file with other metadata; a change is a field's name and value."""
    with np.load(path, allow_pickle=False) as arrays:
        arrays = dict(arrays)
    metadata = json.loads(str(arrays.pop("metadata")))
    for field, value in changes.items():
        first, _, second = field.partition("__")
        if second:
            metadata[first][second] = value
        else:
            metadata[first] = value
    np.savez(target, metadata=np.array(json.dumps(metadata)), **arrays)
    return target


@pytest.fixture
def saved(tmp_path, face_model):
    encoder = FakeIdentityNetwork()
    path = tmp_path / "decoder.npz"
    save_decoder(path, make_decoder(), face_model, encoder)
    return path, face_model, encoder


def test_missing_file(saved):
    path, face_model, encoder = saved
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_decoder(path.with_name("absent.npz"), face_model, encoder)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.95])
def test_a_file_that_is_cut_short_is_refused(saved, part):
    path, face_model, encoder = saved
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(ValueError, match=r"decoder\.npz: is (empty|no \.npz file)"):
        load_decoder(path, face_model, encoder)


def test_a_damaged_array_is_named(saved):
    path, face_model, encoder = saved
    data = bytearray(path.read_bytes())
    start = data.find(b"hidden_2/kernel.npy") + 500
    data[start : start + 4000] = bytes(4000)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"decoder\.npz: .*hidden_2/kernel"):
        load_decoder(path, face_model, encoder)


def test_other_files_are_refused(saved):
    path, face_model, encoder = saved
    np.savez(path, weights=np.zeros(3))
    with pytest.raises(ValueError, match="has no 'metadata'"):
        load_decoder(path, face_model, encoder)
    with path.open("wb") as file:
        np.save(file, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="single array"):
        load_decoder(path, face_model, encoder)
    np.savez(path, metadata=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="pickled objects"):
        load_decoder(path, face_model, encoder)
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(ValueError, match="Git LFS pointer.*git lfs pull"):
        read_metadata(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"feature_size": 45_000},
        {"feature_size": -1},
        {"feature_size": 24.0},
        {"shape_components": 10**9},
        {"texture_components": None},
        {"radius": "long"},
        {"photo_crops": 0},
        {"photo_crops": 5},
        {"photo_adapter": 1},
        {"encoder": []},
        {"encoder__fingerprint": 7},
        {"face_model__name": None},
        {"encoder__features": 1},
    ],
    ids=str,
)
def test_metadata_that_cannot_be_is_refused(saved, changes):
    path, face_model, encoder = saved
    odd = _rewritten(path, path.with_name("odd.npz"), **changes)
    with pytest.raises(ValueError, match=r"odd\.npz: .*damaged"):
        load_decoder(odd, face_model, encoder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 2}'])
def test_metadata_of_another_kind_is_refused(saved, text):
    path, face_model, encoder = saved
    np.savez(path, metadata=np.array(text))
    with pytest.raises(ValueError, match=r"decoder\.npz: (has decoder format|its metadata)"):
        load_decoder(path, face_model, encoder)


def test_weights_that_are_no_numbers_are_refused(saved):
    path, face_model, encoder = saved
    with np.load(path, allow_pickle=False) as arrays:
        arrays = dict(arrays)
    np.savez(path, **{**arrays, "hidden_1/bias": np.full(1024, np.nan, np.float32)})
    with pytest.raises(ValueError, match="'hidden_1/bias' holds NaN"):
        load_decoder(path, face_model, encoder)
    del arrays["hidden_1/bias"]
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="has no array 'hidden_1/bias'"):
        load_decoder(path, face_model, encoder)


def _with_tone():
    decoder = Decoder(24, 6, 5, radius=0.4, tone=ToneInput(components=2, features=4))
    kernel = RNG.normal(size=(4, 2)).astype(np.float32)
    decoder._tone_layer.set_weights([kernel, np.array([0.5, -0.5], np.float32)])
    return decoder, kernel


def test_tone_is_a_linear_map_of_its_own_features_alone():
    decoder, kernel = _with_tone()
    features = RNG.normal(size=(3, 24)).astype(np.float32)
    tone, rest = decoder.split_tone(decoder(features))
    np.testing.assert_allclose(tone, features[:, -4:] @ kernel + (0.5, -0.5), atol=1e-5)
    assert rest.texture.shape == (3, 3) and rest.shape.shape == (3, 6)
    other = features.copy()
    other[:, :-4] = 0
    np.testing.assert_array_equal(decoder.split_tone(decoder(other))[0], tone)
    other = features.copy()
    other[:, -4:] = 0
    np.testing.assert_allclose(decoder.split_tone(decoder(other))[1].texture, rest.texture)


def test_tones_of_photographs_alone_are_calibrated():
    decoder, _ = _with_tone()
    features = RNG.normal(size=(3, 24)).astype(np.float32)
    before = {domain: decoder(features, domain).texture.numpy() for domain in ("photo", "render")}
    decoder.calibrate_tone(np.array([2.0, 1.0]), np.array([0.1, -0.3]))
    photo = decoder(features, "photo").texture.numpy()
    np.testing.assert_allclose(photo[:, 0], 2 * before["photo"][:, 0] + 0.1, atol=1e-5)
    np.testing.assert_allclose(photo[:, 2:], before["photo"][:, 2:])
    np.testing.assert_array_equal(decoder(features, "render").texture, before["render"])


def test_no_gradient_changes_a_tone_that_is_held():
    decoder, _ = _with_tone()
    features = tf.constant(RNG.normal(size=(3, 24)), tf.float32)
    with tf.GradientTape() as tape:
        held = decoder.hold_tone(decoder(features))
        loss = tf.reduce_sum(tf.square(held.texture)) + tf.reduce_sum(held.shape)
    gradients = tape.gradient(loss, decoder.trainable_variables)
    named = zip(decoder.trainable_variables, gradients, strict=True)
    changed = {variable.name.split("/")[-2] for variable, gradient in named if np.any(gradient)}
    assert changed == {"hidden_1", "hidden_2", "coefficients"}


def test_tone_travels_with_the_file(saved):
    path, face_model, encoder = saved
    decoder, _ = _with_tone()
    decoder.calibrate_tone(np.array([2.0, 1.0]), np.array([0.1, -0.3]))
    save_decoder(path, decoder, face_model, encoder)
    loaded = load_decoder(path, face_model, encoder)
    features = RNG.normal(size=(2, 24)).astype(np.float32)
    np.testing.assert_array_equal(loaded(features).texture, decoder(features).texture)
    for tone in ({"components": 5, "features": 4}, {"components": 1}, {}, 7):
        odd = _rewritten(path, path.with_name("odd.npz"), tone=tone)
        with pytest.raises(ValueError, match=r"odd\.npz: .*damaged"):
            load_decoder(odd, face_model, encoder)


def test_tone_leaves_something_for_all_else():
    with pytest.raises(ValueError, match="takes too much"):
        Decoder(24, 6, 5, tone=ToneInput(components=5, features=4))
    with pytest.raises(ValueError, match="takes too much"):
        Decoder(24, 6, 5, tone=ToneInput(components=2, features=24))
