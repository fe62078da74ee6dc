"""The reader of face model files, on small faithful files and on the embedded model."""

import h5py
import numpy as np
import pytest
import tensorflow as tf

import open_parts
from model.face_models.load import load_face_model
from tests.model.small_face_model import write_small_face_model


@pytest.fixture
def path(tmp_path):
    return write_small_face_model(tmp_path / "model.h5")


def edit(path, name, value):
    with h5py.File(path, "r+") as file:
        del file[name]
        if value is not None:
            file[name] = value


def read(path, name):
    with h5py.File(path, "r") as file:
        return file[name][()]


def test_equation_1(path):
    model = load_face_model(path)
    rng = np.random.default_rng(1)
    s, e, t = rng.normal(size=(3, 2, 6)).astype(np.float32)
    parts = {}
    for group in ("shape", "expression", "color"):
        basis = read(path, f"{group}/model/pcaBasis")
        deviations = np.diag(np.sqrt(read(path, f"{group}/model/pcaVariance")))
        parts[group] = basis @ deviations
    mean = read(path, "shape/model/mean")
    expected = [mean + parts["shape"] @ s[b] + parts["expression"] @ e[b] for b in range(2)]
    vertices = model.decode_shape(s, e)
    np.testing.assert_allclose(vertices, np.reshape(expected, [2, -1, 3]), atol=1e-3)
    colors = read(path, "color/model/mean") + t @ parts["color"].T
    expected = np.clip(colors, 0, 1).reshape([2, -1, 3])
    np.testing.assert_allclose(model.decode_texture(t), expected, atol=1e-6)


def test_coefficients_are_standard_normal(path):
    """The spread of decoded vertices along a component is the square root of its eigenvalue."""
    model = load_face_model(path)
    one = tf.one_hot([2], 6)
    offset = (model.decode_shape(one) - model.mean_vertices).numpy().reshape(-1)
    variance = read(path, "shape/model/pcaVariance")[2]
    np.testing.assert_allclose(offset @ offset, variance, rtol=1e-4)


def test_fewer_components_are_the_first_ones(path):
    whole, cut = load_face_model(path), load_face_model(path, shape_components=2)
    s = np.array([[1.0, -1.0]], np.float32)
    padded = np.pad(s, [(0, 0), (0, 4)])
    np.testing.assert_allclose(cut.decode_shape(s), whole.decode_shape(padded), rtol=1e-6)
    assert cut.fingerprint != whole.fingerprint


def test_inward_winding_is_turned(path):
    outward = load_face_model(path).triangles
    edit(path, "shape/representer/cells", read(path, "shape/representer/cells")[::-1])
    np.testing.assert_array_equal(load_face_model(path).triangles, outward)


def test_statismo_0_8_columns_are_normalized(path):
    before = load_face_model(path)
    for group in ("shape", "color", "expression"):
        scale = np.sqrt(read(path, f"{group}/model/pcaVariance"))
        name = f"{group}/model/pcaBasis"
        edit(path, name, read(path, name) * scale)
    edit(path, "version/minorVersion", 8)
    s = np.ones([1, 6], np.float32)
    np.testing.assert_allclose(
        load_face_model(path).decode_shape(s), before.decode_shape(s), atol=1e-3
    )


def test_landmarks_snap_to_the_nearest_vertex(path):
    model = load_face_model(path)
    tip = model.mean_vertices[model.landmarks["center.nose.tip"]]
    distances = np.linalg.norm(model.mean_vertices - [0, 4, 119.87], axis=1)
    assert np.linalg.norm(tip - [0, 4, 119.87]) == pytest.approx(distances.min(), abs=1e-3)
    with pytest.raises(ValueError, match="no landmark 'center.chin.tip'"):
        model.landmark_indices(("center.chin.tip",))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("color/model/mean", None, "no dataset 'color/model/mean'"),
        ("shape/model/pcaBasis", lambda x: x[:, :4], "pcaBasis has shape"),
        ("shape/model/pcaBasis", lambda x: x * 2, "not orthonormal"),
        ("shape/model/pcaVariance", lambda x: -x, "cannot be negative"),
        ("shape/model/mean", lambda x: x * np.nan, "not finite"),
        ("shape/representer/cells", lambda x: x + 10_000, "indices from 10000"),
        ("metadata/landmarks/json", lambda x: b"[{}]", "no list of landmarks"),
    ],
)
def test_errors_name_file_and_dataset(path, name, change, message):
    edit(path, name, None if change is None else change(read(path, name)))
    with pytest.raises(ValueError, match=message) as error:
        load_face_model(path)
    assert str(path) in str(error.value)


def test_parts_of_different_models(path, tmp_path):
    other = write_small_face_model(tmp_path / "other.h5", grid=9)
    for name in ("mean", "pcaBasis"):
        edit(path, f"color/model/{name}", read(other, f"color/model/{name}"))
    with pytest.raises(ValueError, match="color/model/mean has 81 vertices"):
        load_face_model(path)


def test_what_is_no_face_model(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such face model"):
        load_face_model(tmp_path / "absent.h5")
    pointer = tmp_path / "pointer.h5"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(ValueError, match="Git LFS pointer"):
        load_face_model(pointer)
    broken = tmp_path / "broken.h5"
    broken.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 20)
    with pytest.raises(ValueError, match="truncated or damaged"):
        load_face_model(broken)


def test_embedded_model_is_a_face():
    model = load_face_model(open_parts.FACE_MODEL)
    assert model.n_vertices == 12_110
    assert (model.shape_components, model.texture_components) == (100, 80)
    eyes = model.mean_vertices[
        model.landmark_indices(("right.eye.corner_outer", "left.eye.corner_outer"))
    ]
    # +x is the subject's left; outer canthi of adults are 80 to 100 mm apart.
    assert eyes[0, 0] < 0 < eyes[1, 0]
    assert 80 < eyes[1, 0] - eyes[0, 0] < 100
    nose = model.mean_vertices[model.landmarks["center.nose.tip"]]
    assert nose[2] == pytest.approx(model.mean_vertices[:, 2].max(), abs=1.0)
