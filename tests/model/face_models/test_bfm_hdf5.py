"""BFM 2017 and 2019 files: what is read, what is refused, what is mended."""

import dataclasses
import json

import h5py
import numpy as np
import pytest
import tensorflow as tf
import trimesh

import open_parts
from model.color import srgb_to_linear
from model.face_model_contents import Cut, FaceModelContents, Pca
from model.face_models import __main__ as commands
from model.face_models.bfm_hdf5 import write_bfm_hdf5
from model.face_models.load import load_face_model, read_face_model
from tests.model.small_face_model import write_small_face_model


@pytest.fixture
def path(tmp_path):
    return write_small_face_model(tmp_path / "model.h5")


def edit(path, name, change):
    with h5py.File(path, "r+") as file:
        value = change(file[name][()])
        del file[name]
        file[name] = value


def test_real_tree_is_written_and_read_back(path, tmp_path):
    """Every dataset of the original's tree is there, and nothing changes on the way."""
    contents = read_face_model(path)
    write_bfm_hdf5(tmp_path / "again.h5", contents)
    with h5py.File(tmp_path / "again.h5") as file:
        for part in ("shape", "color", "expression"):
            for name in ("mean", "pcaBasis", "pcaVariance", "noiseVariance"):
                assert f"{part}/model/{name}" in file
            assert file[f"{part}/representer/points"].shape == (3, 225)
            assert file[f"{part}/representer/cells"].shape == (3, 392)
        assert file["color/representer/colorspace"][()] == b"RGB"
        assert len(json.loads(file["metadata/landmarks/json"][()])) == len(contents.landmarks)
        assert (file["version/majorVersion"][()], file["version/minorVersion"][()]) == (0, 9)
    assert not list(tmp_path.glob("*.partial"))
    assert load_face_model(tmp_path / "again.h5").fingerprint == load_face_model(path).fingerprint


def test_bfm_2019_full_head(tmp_path):
    """BFM 2019's fullHead: a closed surface, other numbers of components, landmarks as a void."""
    ball = trimesh.creation.icosphere(2, radius=90.0)
    points = ball.vertices.astype(np.float32)
    bases = np.split(np.linalg.qr(np.random.default_rng(0).normal(size=(points.size, 9)))[0], 3, 1)
    parts = [
        Pca(mean, basis[:, :k].astype(np.float32), np.ones(k, np.float32))
        for mean, basis, k in zip(
            (points, points / 360 + 0.5, 0 * points), bases, (3, 2, 1), strict=True
        )
    ]
    nose = int(np.argmax(points[:, 2]))
    head = FaceModelContents(
        "head",
        parts[0],
        parts[1],
        ball.faces[:, ::-1].astype(np.int32),
        {"center.nose.tip": nose},
        parts[2],
    )
    path = tmp_path / "model2019_fullHead.h5"
    write_bfm_hdf5(path, head)
    edit(path, "metadata/landmarks/json", np.void)
    model = load_face_model(path)
    sizes = (model.shape_components, model.texture_components, model.expression_components)
    assert sizes == (3, 2, 1)
    assert model.landmarks == {"center.nose.tip": nose}
    # It was written inside out.
    assert trimesh.Trimesh(model.mean_vertices, model.triangles, process=False).volume > 0


def test_float16_is_read_to_float32(path, tmp_path):
    write_bfm_hdf5(tmp_path / "half.h5", read_face_model(path), np.float16)
    with h5py.File(tmp_path / "half.h5") as file:
        assert file["shape/model/pcaBasis"].dtype == np.float16
    half, whole = read_face_model(tmp_path / "half.h5"), read_face_model(path)
    assert half.shape.basis.dtype == np.float32
    np.testing.assert_allclose(half.shape.basis, whole.shape.basis, atol=3e-4)


def test_components_are_cut_per_part(path):
    model = load_face_model(path, 2, 3, 4)
    sizes = (model.shape_components, model.texture_components, model.expression_components)
    assert sizes == (2, 3, 4)
    for cut in (Cut(shape=7), Cut(texture=0), Cut(expression=99)):
        with pytest.raises(ValueError, match="has 6 components, but .* are asked for"):
            read_face_model(path, cut)


def test_expression_mean_is_an_option(path):
    offset = np.linspace(-1, 1, 675, dtype=np.float32)
    edit(path, "expression/model/mean", lambda mean: mean + offset)
    without, with_mean = load_face_model(path), load_face_model(path, expression_mean=True)
    moved = with_mean.mean_vertices - without.mean_vertices
    np.testing.assert_allclose(moved.reshape(-1), offset, atol=1e-5)
    assert with_mean.fingerprint != without.fingerprint


def test_basis_is_not_copied_into_graphs(path):
    """A decoded batch holds no constant of the size of a basis, nor a temporary one."""
    model = load_face_model(path)
    decode = tf.function(lambda s: model.decode_shape(s))
    graph = decode.get_concrete_function(tf.TensorSpec([None, 6])).graph
    sizes = [
        operation.outputs[0].shape.num_elements()
        for operation in graph.get_operations()
        if operation.type == "Const"
    ]
    assert max(sizes) < 6 * 675


def test_colors_in_linear_light(path):
    model = load_face_model(path)
    t = np.random.default_rng(0).normal(size=[1, 6]).astype(np.float32)
    linear = model.decode_texture(t, "linear")
    np.testing.assert_allclose(linear, srgb_to_linear(model.decode_texture(t)), atol=1e-6)
    with pytest.raises(ValueError, match="color_space is 'xyz'"):
        model.decode_texture(t, "xyz")


def test_file_with_linear_colors(path, tmp_path):
    contents = dataclasses.replace(read_face_model(path), color_space="linear")
    write_bfm_hdf5(tmp_path / "linear.h5", contents)
    linear, srgb = load_face_model(tmp_path / "linear.h5"), load_face_model(path)
    t = np.zeros([1, 6], np.float32)
    np.testing.assert_allclose(linear.decode_texture(t, "linear"), srgb.decode_texture(t))
    assert linear.decode_texture(t).numpy().mean() > srgb.decode_texture(t).numpy().mean() + 0.1
    assert linear.fingerprint != srgb.fingerprint


def _oblique(basis):
    basis = basis.copy()
    basis[:, 1] = (basis[:, 0] + basis[:, 1]) / np.sqrt(2)
    return basis


def test_oblique_basis_is_refused_and_mended(path, tmp_path):
    edit(path, "shape/model/pcaBasis", _oblique)
    with pytest.raises(ValueError, match="columns 0 and 1 of shape/model/pcaBasis have the inner"):
        load_face_model(path)
    mended = tmp_path / "mended.h5"
    commands.main(["convert", str(path), str(mended), "--orthonormalize"])
    scaled = [
        c.shape.basis * np.sqrt(c.shape.variance)
        for c in (read_face_model(mended), read_face_model(path, orthonormal=False))
    ]
    covariance = [x @ x.T for x in scaled]
    np.testing.assert_allclose(*covariance, atol=1e-2)


def test_truncated_file(tmp_path):
    data = open_parts.FACE_MODEL.read_bytes()
    (tmp_path / "half.h5").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="is truncated or damaged"):
        load_face_model(tmp_path / "half.h5")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.h5", b"", "is empty"),
        ("a.h5", b"not a model at all", "is no HDF5 file"),
        ("a.pkl", b"\x80\x04anything", "is a pickle"),
        ("a.h5", b"\x80\x04anything", "is a pickle"),
        ("a.h5", b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "is a MATLAB file, as BFM 2009 comes"),
    ],
)
def test_other_files_are_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_face_model(tmp_path / name)


def test_bfm_2009_arrays_in_hdf5(path):
    with h5py.File(path, "r+") as file:
        del file["shape"]
        file["shapePC"] = np.zeros((3, 3))
    with pytest.raises(ValueError, match="holds the arrays of BFM 2009"):
        load_face_model(path)


def test_group_in_place_of_dataset_and_text_in_place_of_numbers(path):
    with h5py.File(path, "r+") as file:
        del file["shape/model/mean"]
        file.create_group("shape/model/mean")
    with pytest.raises(ValueError, match="no dataset 'shape/model/mean'"):
        load_face_model(path)
    with h5py.File(path, "r+") as file:
        del file["shape/model/mean"]
        file["shape/model/mean"] = np.full(675, b"x")
    with pytest.raises(ValueError, match="not numbers"):
        load_face_model(path)


def test_landmarks_68_of_a_file_must_be_its_vertices(path):
    with h5py.File(path, "r+") as file:
        file["metadata/landmarks68_index"] = np.full(68, 999)
    with pytest.raises(ValueError, match="landmarks68_index has indices from 999"):
        load_face_model(path)


def test_embedded_fingerprint_is_what_the_shipped_decoder_is_bound_to():
    model = load_face_model(open_parts.FACE_MODEL)
    assert model.fingerprint.startswith("3911f6b3972f1266f2c416c482861f9a")
    assert model.landmark_indices_68().shape == (68,)
    assert model.regions["pupil"].sum() == 196


def test_normals_of_the_embedded_model_point_outward():
    model = load_face_model(open_parts.FACE_MODEL)
    vertices = model.decode_shape(np.zeros([1, model.shape_components], np.float32))
    normals = model.vertex_normals(vertices)[0].numpy()
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    assert normals[model.landmarks["center.nose.tip"], 2] > 0.9
