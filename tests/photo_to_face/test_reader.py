"""A face in a few lines of Python, from images of any kind."""

import subprocess
import sys

import numpy as np
import pytest
import trimesh
from PIL import Image

import open_parts
import photo_to_face
from model.decoder import Coefficients
from model.face_finding import NoFaceError
from model.face_renderer import FaceRenderer
from model.rendered_views import FixedViews
from stand_ins.scan_subject import Head

PHOTO = open_parts.PHOTOS / "us_congress_A000022.jpg"


@pytest.fixture(scope="module")
def reader():
    return photo_to_face.FaceReader()


@pytest.fixture(scope="module")
def face(reader):
    return reader.read(PHOTO)


def test_a_face_is_a_mesh_and_coefficients(face):
    assert face.vertices.shape == face.colors.shape and face.vertices.shape[1] == 3
    assert face.triangles.max() == len(face.vertices) - 1
    assert face.coefficients.shape == (len(face.shape) + len(face.texture),)
    assert face.colors.min() >= 0 and face.colors.max() <= 1
    assert abs(face.pose["yaw_deg"]) < 20 and face.notes == ()


@pytest.mark.parametrize("kind", ["array", "float", "uint16", "alpha", "pillow"])
def test_images_of_any_kind_are_the_same_face(reader, face, kind):
    image = Image.open(PHOTO).convert("RGB")
    array = np.asarray(image)
    given = {
        "array": array,
        "float": array / 255.0,
        "uint16": np.uint16(array) * 257,
        "alpha": np.dstack([array, np.full(array.shape[:2], 255, np.uint8)]),
        "pillow": image,
    }[kind]
    np.testing.assert_allclose(reader.read(given).coefficients, face.coefficients, atol=1e-4)


@pytest.mark.parametrize("yaw_deg", [60, -90])
def test_a_head_in_profile_is_read_and_noted(reader, shared_data, yaw_deg):
    scan = shared_data / "scans" / "lee_perry_smith" / "LeePerrySmith.obj"
    picture = Head(scan, 52.4).photograph(yaw_deg, 0, 1000.0, np.random.default_rng(3))
    face = reader.read(picture)
    assert face.notes == ("the face is turned far to a side, so what is hidden is a guess",)
    assert 45 < face.pose["yaw_deg"] * np.sign(yaw_deg) < 100


def test_a_refined_face_is_more_alike(reader, face):
    refined = photo_to_face.FaceReader(refine_steps=6).read(PHOTO)
    parts = reader._reconstructor
    views = FixedViews(FaceRenderer(parts.face_model, parts.encoder.crop), (0,))
    before, after = (
        views.embeddings(parts.encoder, Coefficients(own.shape[None], own.texture[None]))[0, 0]
        @ own.embedding
        for own in (face, refined)
    )
    assert after > before + 0.01
    assert np.sqrt(np.mean(refined.shape**2)) < 1.101


def test_a_gray_photograph_is_a_face(reader):
    gray = np.asarray(Image.open(PHOTO).convert("L"))
    one, other = reader.read(gray), reader.read(gray[..., None])
    np.testing.assert_array_equal(one.shape, other.shape)


def test_files_by_their_endings(face, tmp_path):
    for name in ("a.glb", "b.obj", "c.ply", "d.npz", "deep/e.png"):
        face.save(tmp_path / name)
    made = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert made == {"a.glb", "b.obj", "b.mtl", "b.png", "c.ply", "d.npz", "deep/e.png"}
    mesh = trimesh.load(tmp_path / "c.ply", process=False)
    np.testing.assert_allclose(mesh.vertices, face.vertices, atol=1e-3)
    with Image.open(tmp_path / "deep" / "e.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), face.picture())
    with pytest.raises(ValueError, match="must end in one of .glb, .ply"):
        face.save(tmp_path / "face.stl")


def test_several_faces_and_none(reader, face):
    array = np.asarray(Image.open(PHOTO).convert("RGB"))
    faces = reader.read_all(np.concatenate([array, array], axis=1))
    assert len(faces) == 2 and all(face.embedding @ own.embedding > 0.9 for own in faces)
    with pytest.raises(NoFaceError):
        reader.read(np.zeros([64, 64, 3], np.uint8))


def test_photographs_of_one_person_are_averaged(reader, face):
    array = np.asarray(Image.open(PHOTO).convert("RGB"))
    mirrored = reader.read(array[:, ::-1])
    merged = reader.merge([array, array[:, ::-1]])
    assert min(merged.embedding @ face.embedding, merged.embedding @ mirrored.embedding) > 0.8
    assert np.linalg.norm(merged.shape - face.shape) < np.linalg.norm(mirrored.shape - face.shape)
    with pytest.raises(ValueError, match="at least one image"):
        reader.merge([])


def test_the_import_is_quick():
    code = "import photo_to_face, sys; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
