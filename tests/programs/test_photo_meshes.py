"""Meshes of other systems, found by the names of photographs and judged as decoders are."""

import numpy as np
import pytest
import tensorflow as tf
import trimesh

import open_parts
from evaluation.likeness import judge_photographs
from model import identity
from model.albedo import GRAY
from model.decoder import Coefficients
from model.face_models.load import load_face_model
from model.mesh_io import Mesh, glb, obj, ply
from model.shading import Shading
from model.sphere_atlas import sphere_atlas
from programs.colored_meshes import read_colored
from programs.face_template import make_template
from programs.judges import Judge, judge_renders
from programs.photo_meshes import read_faces


@pytest.fixture(scope="module")
def face_model():
    return load_face_model(open_parts.FACE_MODEL)


@pytest.fixture(scope="module")
def encoder():
    return identity.load("openvino_ir", open_parts.ENCODER)


@pytest.fixture(scope="module")
def faces(face_model):
    draw = np.random.default_rng(3).normal
    shape = draw(size=[3, face_model.shape_components])
    texture = draw(size=[3, face_model.texture_components])
    return Coefficients(tf.constant(shape, tf.float32), tf.constant(texture, tf.float32))


def _mesh(face_model, faces, k):
    vertices = face_model.decode_shape(faces.shape).numpy()[k]
    colors = face_model.decode_texture(faces.texture).numpy()[k]
    return Mesh(vertices, colors, face_model.triangles)


def _judge(encoder, face_model, names):
    photos = judge_photographs(np.eye(len(names), encoder.embedding_size, dtype=np.float32), names)
    return Judge(encoder, face_model, photos, (0, 30))


def test_colors_are_read_from_every_kind_of_file(face_model, faces, tmp_path):
    mesh = _mesh(face_model, faces, 0)
    (tmp_path / "a.glb").write_bytes(glb(mesh, "a"))
    (tmp_path / "b.ply").write_bytes(ply(mesh))
    for name in ("a.glb", "b.ply"):
        read = read_colored(tmp_path / name)
        np.testing.assert_allclose(read.colors, mesh.colors, atol=0.004, err_msg=name)
        np.testing.assert_array_equal(read.triangles, mesh.triangles)
    lines = [f"v {x} {y} {z} 1 0.5 0" for x, y, z in np.eye(3)]
    (tmp_path / "c.obj").write_text("\n".join([*lines, "f 1 2 3"]) + "\n")
    np.testing.assert_allclose(
        read_colored(tmp_path / "c.obj").colors, [[1, 0.5, 0]] * 3, atol=4e-3
    )
    (tmp_path / "d.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    np.testing.assert_allclose(read_colored(tmp_path / "d.obj").colors, GRAY)


def test_a_textured_obj_gets_the_colors_of_its_texture(face_model, faces, tmp_path):
    mesh = _mesh(face_model, faces, 1)
    for name, data in obj(mesh, sphere_atlas(face_model), "face").items():
        (tmp_path / name).write_bytes(data)
    read = read_colored(tmp_path / "face.obj")
    near = trimesh.proximity.cKDTree(mesh.vertices).query(read.vertices)[1]
    assert np.mean(np.abs(read.colors - mesh.colors[near])) < 0.02


def test_broken_files_are_refused_in_one_line(tmp_path):
    (tmp_path / "x.ply").write_bytes(b"ply\nnothing")
    with pytest.raises(ValueError, match="x.ply: "):
        read_colored(tmp_path / "x.ply")


def test_meshes_are_judged_as_the_faces_of_a_decoder(face_model, encoder, faces, tmp_path):
    """Three ways to say the same faces, one of them turned, in meters, and with vertices anew."""
    (tmp_path / "person").mkdir()
    (tmp_path / "person" / "one.glb").write_bytes(glb(_mesh(face_model, faces, 0), "one"))
    (tmp_path / "two.ply").write_bytes(ply(_mesh(face_model, faces, 1)))
    own = _mesh(face_model, faces, 2)
    finer = trimesh.Trimesh(
        own.vertices / 1000, own.triangles, vertex_colors=np.uint8(own.colors * 255), process=False
    )
    order = np.random.default_rng(0).permutation(len(finer.faces))
    finer = trimesh.Trimesh(
        finer.vertices, finer.faces[order], vertex_colors=finer.visual.vertex_colors, process=False
    )
    finer.apply_transform(trimesh.transformations.rotation_matrix(0.6, (1, 0.3, 0.1)))
    finer.apply_translation((0.4, -2.0, 0.1))
    finer.export(tmp_path / "three.ply")
    names = ("person/one.jpg", "elsewhere/two.jpg", "three.jpg", "four.jpg")
    made = read_faces("other", tmp_path, names, make_template(face_model), face_model)
    assert made.missing(4).tolist() == [False, False, False, True]
    assert list(made.failures) == ["four.jpg"]
    judge = _judge(encoder, face_model, list("abcd"))
    renders = made.embeddings(encoder, 4, Shading(), (0, 30))
    expected = judge.embeddings(faces, Shading())
    alike = np.sum(renders[:3] * expected, axis=-1)
    assert alike[:2].min() > 0.999 and alike[2].min() > 0.95
    assert np.isnan(renders[3]).all()

    padded = Coefficients(*(tf.concat([part, part[:1]], 0) for part in faces))
    judged = judge_renders(
        {"encoder": judge}, {"ours": padded}, {"ours": Shading()}, {"other": made}
    )
    other, ours = (judged["encoder"][name] for name in ("other", "ours"))
    assert list(judged["encoder"]) == ["other", "ours"]
    np.testing.assert_allclose(other.scores[0][:2], ours.scores[0][:2], atol=0.01)
    assert other.scores[0][3] == 0 and other.recall.queries == 4
    assert np.sum(other.ranks <= 5) <= 3 < np.sum(ours.ranks <= 5)


def test_a_folder_without_meshes_is_refused(face_model, tmp_path):
    with pytest.raises(ValueError, match="no mesh of a photograph, such as a/b.obj"):
        read_faces("x", tmp_path, ("a/b.jpg",), make_template(face_model), face_model)
