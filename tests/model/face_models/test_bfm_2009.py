"""BFM 2009 .mat files, written as the real one is laid out."""

import h5py
import numpy as np
import pytest
import scipy.io

from model.face_model_contents import Cut
from model.face_models import landmarks_68, load
from tests.model.small_face_model import write_small_face_model


@pytest.fixture
def arrays(tmp_path):
    """The small model in micrometers, colors of 0..255, deviations, triangles from 1."""
    contents = load.read_face_model(write_small_face_model(tmp_path / "model.h5"))
    mouth = contents.shape.mean[:, 1] < -20
    return {
        "shapeMU": contents.shape.mean.reshape(-1, 1) * 1000,
        "shapePC": contents.shape.basis,
        "shapeEV": np.sqrt(contents.shape.variance)[:, None] * 1000,
        "texMU": contents.color.mean.reshape(-1, 1) * 255,
        "texPC": contents.color.basis,
        "texEV": np.sqrt(contents.color.variance)[:, None] * 255,
        "tl": contents.triangles[:, ::-1].astype(np.float64) + 1,
        "segbin": np.stack([~mouth, mouth], axis=1).astype(np.uint8),
    }


def save(tmp_path, arrays):
    path = tmp_path / "01_MorphableModel.mat"
    scipy.io.savemat(path, arrays)
    return path


def test_same_model_as_in_hdf5(tmp_path, arrays):
    """Units, deviations against variances, numbering and winding, by decoding both."""
    old = load.load_face_model(save(tmp_path, arrays))
    new = load.load_face_model(tmp_path / "model.h5")
    s, t = np.random.default_rng(0).normal(size=(2, 1, 6)).astype(np.float32)
    np.testing.assert_allclose(old.decode_shape(s), new.decode_shape(s), atol=2e-3)
    np.testing.assert_allclose(old.decode_texture(t), new.decode_texture(t), atol=1e-5)
    np.testing.assert_array_equal(old.triangles, new.triangles)
    assert old.expression_components == 0


def test_no_repair_is_reported_for_its_own_winding(tmp_path, arrays):
    assert load.read_face_model(save(tmp_path, arrays)).repairs == ()


def test_version_7_3_is_hdf5_with_everything_transposed(tmp_path, arrays):
    path = tmp_path / "01_MorphableModel.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in arrays.items():
            file[name] = value.T
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")
    read = load.read_face_model(path)
    expected = load.read_face_model(tmp_path / "model.h5")
    np.testing.assert_allclose(read.shape.basis, expected.shape.basis, atol=1e-6)


def test_landmarks_come_from_the_published_table(tmp_path, arrays, monkeypatch):
    monkeypatch.setitem(landmarks_68._BY_VERTEX_COUNT, 225, {31: 112, 52: 20})
    model = load.load_face_model(save(tmp_path, arrays))
    assert model.landmarks == {"center.nose.tip": 112, "center.lips.upper.outer": 20}
    assert model.landmark_indices_68((30, 51)).tolist() == [112, 20]
    with pytest.raises(ValueError, match="no vertex is known for point 0 of the 68"):
        model.landmark_indices_68()
    # The segments are known by the landmarks in them.
    assert model.regions["mouth"][20] and model.regions["nose"][112]
    assert not (model.regions["mouth"] & model.regions["nose"]).any()


def test_components_are_cut(tmp_path, arrays):
    path = save(tmp_path, arrays)
    assert load.read_face_model(path, Cut(2, 3)).color.basis.shape == (675, 3)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("texPC", None, "has no array 'texPC'"),
        ("shapePC", lambda x: x[:, :4], "shapePC has shape"),
        ("shapePC", lambda x: x * 2, "not orthonormal"),
        ("shapeEV", lambda x: -x, "standard deviation below 0"),
        ("shapeMU", lambda x: x * np.nan, "not finite"),
        ("tl", lambda x: x - 1, "indices from 0 to 224, but the vertices are 1 to 225"),
    ],
)
def test_errors_name_file_and_array(tmp_path, arrays, name, change, message):
    value = arrays.pop(name)
    if change:
        arrays[name] = change(value)
    path = save(tmp_path, arrays)
    with pytest.raises(ValueError, match=message) as error:
        load.load_face_model(path)
    assert str(path) in str(error.value)


def test_parts_of_different_models(tmp_path, arrays):
    arrays["texMU"], arrays["texPC"] = arrays["texMU"][:-3], np.linalg.qr(arrays["texPC"][:-3])[0]
    with pytest.raises(ValueError, match="texMU has 224 vertices, but shapeMU has 225"):
        load.load_face_model(save(tmp_path, arrays))


def test_truncated_file(tmp_path, arrays):
    path = save(tmp_path, arrays)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ValueError, match="is truncated or damaged"):
        load.load_face_model(path)
