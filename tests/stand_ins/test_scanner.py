"""Stand-in scans: on the surface, textured, in the layouts of the data sets."""

import numpy as np
import pytest
import trimesh
from PIL import Image

import open_parts
from data_pipeline.scans.frames import read_frames
from data_pipeline.scans.landmark_files import read_landmarks
from data_pipeline.scans.mesh_files import read_mesh
from data_pipeline.scans.micc import read_micc
from data_pipeline.scans.now import SEVEN_OF_68, read_now
from evaluation.geometry.surface import Surface
from model.face_models.load import load_face_model
from stand_ins.scan_datasets import write_scans
from stand_ins.scanner import obj_files, random_pose, scan_face


@pytest.fixture(scope="module")
def model():
    return load_face_model(open_parts.FACE_MODEL)


def _scan(model, view, rng=None):
    tip = model.mean_vertices[model.landmark_indices(("center.nose.tip",))[0]]
    return scan_face(model.mean_vertices, model.mean_colors, model.triangles, tip, view, 0.1, rng)


def test_a_scan_lies_on_the_face(model):
    scan = _scan(model, "frontal1")
    assert 10000 < len(scan.vertices) < 30000
    face = Surface(np.float64(model.mean_vertices), model.triangles)
    some = scan.vertices[::97]
    gaps = np.linalg.norm(face.nearest_hits(some).points - some, axis=1)
    assert gaps.max() < 1e-3
    noisy = _scan(model, "frontal1", np.random.default_rng(0))
    off = np.linalg.norm(noisy.vertices - scan.vertices, axis=1)
    assert np.sqrt(np.mean(off**2)) == pytest.approx(0.1, rel=0.05)


def test_triangles_face_outward_and_sides_differ(model):
    surface = Surface(*[getattr(_scan(model, "frontal1"), k) for k in ("vertices", "triangles")])
    outward = surface.vertices - surface.vertices.mean(axis=0) + [0, 0, 60]
    assert np.mean(np.sum(surface.normals * outward, axis=1) > 0) > 0.95
    left, right = (_scan(model, view).vertices[:, 0].mean() for view in ("sidel", "sider"))
    assert left > 20 and right < -20


def test_files_are_textured(model, tmp_path):
    scan, pose = _scan(model, "frontal2"), random_pose(np.random.default_rng(1))
    for name, data in obj_files(scan, pose, "scan").items():
        (tmp_path / name).write_bytes(data)
    vertices, triangles = read_mesh(tmp_path / "scan.obj")
    np.testing.assert_allclose(vertices, pose(scan.vertices), atol=1e-3)
    np.testing.assert_array_equal(triangles, scan.triangles)
    loaded = trimesh.load(tmp_path / "scan.obj", process=False)
    assert loaded.visual.kind == "texture"
    # The picture has the color of the vertex where the vertex lies in it.
    picture = np.asarray(Image.open(tmp_path / "scan.jpg")) / 255.0
    k = len(scan.uv) // 2
    column, row = scan.uv[k] * (picture.shape[1], picture.shape[0]) - 0.5
    seen = picture[picture.shape[0] - 1 - round(row), round(column)]
    near = np.linalg.norm(model.mean_vertices - scan.vertices[k], axis=1).argmin()
    np.testing.assert_allclose(seen, model.mean_colors[near], atol=0.08)


def test_both_layouts(model, tmp_path):
    truth = write_scans(tmp_path / "micc", "micc", people=2, frames=1, seed=3)
    one, two = read_micc(tmp_path / "micc")
    assert set(one.scans) == {"frontal1", "frontal2", "sidel", "sider"} and len(one.videos) == 3
    assert one.scans["frontal2"].landmarks and not two.scans["frontal2"].landmarks
    for video in one.videos.values():
        assert [image.shape for _, image in read_frames(video)] == [(250, 250, 3)]
    with np.load(truth) as known:
        assert known["name"].tolist() == ["subject_01", "subject_02"]
        shape = model.decode_shape(known["shape"][:1])[0].numpy()
    marks = read_landmarks(one.scans["frontal1"].landmarks)
    lengths = [
        np.linalg.norm(np.diff(p, axis=0), axis=1)
        for p in (marks, shape[model.landmark_indices_68()])
    ]
    np.testing.assert_allclose(*lengths, atol=1e-2)

    write_scans(tmp_path / "now", "now", people=1, frames=1, seed=3)
    pictures = read_now(tmp_path / "now")
    assert len(pictures) == 4 and all(picture.path.is_file() for picture in pictures)
    seven = read_landmarks(pictures[0].landmarks)
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(seven, axis=0), axis=1),
        np.linalg.norm(np.diff(shape[model.landmark_indices_68(SEVEN_OF_68)], axis=0), axis=1),
        atol=1e-2,
    )
    with pytest.raises(FileExistsError):
        write_scans(tmp_path / "now", "now", people=1, frames=1)
    with pytest.raises(ValueError, match="layout 'lfw' is not among micc, now"):
        write_scans(tmp_path / "other", "lfw", people=1, frames=1)
