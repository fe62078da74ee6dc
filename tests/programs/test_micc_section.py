"""The way from a data set in MICC's layout to table 1, with errors that are known."""

import pathlib
import types

import numpy as np
import pytest
import tensorflow as tf
import trimesh
from PIL import Image

import open_parts
from data_pipeline.detection import PointsByName
from data_pipeline.scans.micc import read_micc
from evaluation.geometry.face import Face
from evaluation.geometry.face_search import find_face
from evaluation.geometry.protocols import PROTOCOLS
from evaluation.geometry.scan_table import (
    Entry,
    by_subject,
    has_papers_protocol,
    scan_table,
    to_csv,
)
from evaluation.geometry.surface import Surface
from model.crop import Crop
from model.decoder import Coefficients
from model.face_models.load import load_face_model
from model.identity.network import IdentityFeatures
from model.shading import Shading
from model.trained import Trained, TrainedDecoder
from programs.face_template import make_template
from programs.geometry_options import GeometryOptions
from programs.method_meshes import parse_methods
from programs.micc_section import _figures, other_meshes, read_scans, reconstruct
from programs.scan_comparison import measure_all
from programs.video_reconstruction import FrameCache
from stand_ins.datasets import random_person
from stand_ins.scanner import obj_files, random_pose, scan_face
from storage.atomic import write_together

_ERROR_MM = 0.6
# The gray values of a video's frames, and what they are on average.
_GRAYS, _MEAN_GRAY = (51, 102, 153), 0.4


@pytest.fixture(scope="module")
def model():
    return load_face_model(open_parts.FACE_MODEL)


@pytest.fixture(scope="module")
def template(model):
    return make_template(model)


def _write_obj(path, vertices, triangles):
    rows = [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in vertices]
    rows += ["f {} {} {}".format(*(t + 1)) for t in triangles]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*rows, ""]))


def _waves(template, true, error_mm, seed):
    """In and out along the normals, in waves of 3 cm, without what a similarity makes good."""
    rng = np.random.default_rng(seed)
    face = np.linalg.norm(template.face.surface.vertices - template.face.nose_tip, axis=1) <= 95
    size = np.zeros(len(true))
    for _ in range(4):
        direction = rng.normal(size=3)
        direction *= 2 * np.pi / rng.uniform(25, 35) / np.linalg.norm(direction)
        size += np.sin(true @ direction + rng.uniform(0, 2 * np.pi))
    surface = Surface(true, template.face.surface.triangles)
    arms, normals = true - true[face].mean(axis=0), surface.normals
    modes = [np.cross(arms, normals), normals, np.sum(arms * normals, axis=1, keepdims=True)]
    modes = np.concatenate(modes, axis=1)
    # The alignment sees the mesh's vertices, and the scan's, which are spread evenly.
    mesh = trimesh.Trimesh(true, surface.triangles, process=False)
    areas = np.bincount(surface.triangles.ravel(), np.repeat(mesh.area_faces, 3), len(true))
    weights = np.sqrt(1 / face.sum() + areas / areas[face].sum())[face]
    best = np.linalg.lstsq(weights[:, None] * modes[face], weights * size[face], rcond=None)[0]
    size -= modes @ best
    size *= error_mm / np.abs(size[face]).mean()
    return true + size[:, None] * normals


class _GrayReader:
    """An encoder that sees how bright a crop is, and nothing else."""

    fingerprint, feature_size, embedding_size = "gray", 1, 1
    crop = Crop(16, (0, 1), ((4.0, 6.0), (11.0, 6.0)))

    def __call__(self, images):
        features = images.mean(axis=(1, 2, 3))[:, None]
        return IdentityFeatures(features, features)


class _WavyModel:
    """A face model with one component: waves on a face, of the wanted error at the mean gray."""

    def __init__(self, model, true, waves):
        self._model, self._true, self._waves = model, true, waves / _MEAN_GRAY

    def __getattr__(self, name):
        return getattr(self._model, name)

    def decode_shape(self, shape):
        return tf.constant(self._true + np.asarray(shape)[:, :1, None] * self._waves)


class _AsItIs:
    """A decoder whose coefficients are the features."""

    photo_crops = 1

    def __call__(self, features, domain):
        assert domain == "photo"
        return Coefficients(tf.constant(features), tf.constant(features))


def _write_video(folder):
    """Writes gray frames, and a black one without a face; returns who finds the faces."""
    folder.mkdir(parents=True)
    points = np.float32([[24, 30], [40, 30], [32, 40], [26, 48], [38, 48]])
    for k, gray in enumerate((*_GRAYS, 0)):
        Image.new("RGB", (64, 64), (gray,) * 3).save(folder / f"{k}.png")
    found = {f"{k}.png": [points] for k in range(len(_GRAYS))}
    return PointsByName(found, "known", "no face found")


def _reconstructed(model, detector, subjects, tmp_path):
    """The faces of the videos, by the way that all decoders go: a killed run goes on."""
    trained = Trained([TrainedDecoder(tmp_path, _AsItIs(), Shading())], model, _GrayReader())
    for _ in range(2):
        cache = FrameCache(tmp_path / "frames", trained.encoder, detector, 1)
        faces, failures = reconstruct(GeometryOptions(), subjects, trained, ["decoded"], cache)
        assert failures == {"subject_01 indoor 3.png": "no face found"}
        # What was read once is not read again.
        detector = PointsByName({}, "known", "read again")
    return faces


def test_planted_errors_come_out(model, template, tmp_path):
    """A scan without landmarks, pitched and shifted; errors of a known size, within 2 %.

    They come in meshes, and in a video, whose frames are found, cut, encoded, averaged and decoded.
    """
    rng = np.random.default_rng(0)
    coefficients = rng.normal(size=(1, model.shape_components)).clip(-1.5, 1.5).astype(np.float32)
    true = np.float64(model.decode_shape(coefficients)[0].numpy())
    tip = true[model.landmark_indices(("center.nose.tip",))[0]]
    scan = scan_face(true, model.mean_colors, model.triangles, tip, "frontal1", 0.03, rng)
    place = tmp_path / "data" / "subject_01" / "Model" / "frontal1" / "obj"
    write_together(place, obj_files(scan, random_pose(rng), "1"))
    video = tmp_path / "data" / "subject_01" / "Video" / "PTZ-Indoor"
    detector = _write_video(video)
    for name, error in (("right", 0.0), ("wrong", _ERROR_MM)):
        vertices = _waves(template, true, error, 1) if error else true
        _write_obj(tmp_path / name / "subject_01" / "indoor.obj", vertices, model.triangles)

    subjects = read_micc(tmp_path / "data")
    folders = {name: tmp_path / name for name in ("right", "wrong")}
    failures = {}
    trained = types.SimpleNamespace(face_model=model)
    faces = other_meshes(folders, subjects, trained, failures)
    waves = _waves(template, true, _ERROR_MM, 1) - true
    faces |= _reconstructed(_WavyModel(model, true, waves), detector, subjects, tmp_path)
    scans = read_scans(subjects, failures)
    protocol = PROTOCOLS["paper"]
    kept = tmp_path / "kept"
    entries, maps = measure_all(faces, scans, protocol, ["per_mesh"], template, failures, kept)
    assert not failures
    found = {e.method: e.distance_mm for e in entries}
    # What a face costs that is right: the noise, and the facets of both meshes.
    assert found["right"] < 0.08
    # A mesh's vertices average over what is dense, the scan's over the area.
    moved = np.linalg.norm(waves, axis=1)
    near = scan.vertices[np.linalg.norm(scan.vertices - tip, axis=1) <= 95]
    area = moved[Surface(true, model.triangles).nearest_vertices(near)].mean()
    for method in ("wrong", "decoded"):
        assert found[method] == pytest.approx((_ERROR_MM + area) / 2, rel=0.02)
    assert all(abs(e.scale - 1) < 0.005 and not e.warnings for e in entries)
    assert [shown.image.shape for shown in maps] == [(256, 256, 3)] * 3
    assert len(_figures(maps)) == 1 and len(_figures(maps)[0].meshes) == 3
    np.testing.assert_array_less(0, [len(shown.mesh.vertices) for shown in maps])
    assert len(list(kept.iterdir())) == 3
    again, _ = measure_all(faces, scans, protocol, ["per_mesh"], template, failures, kept)
    assert again == entries
    assert b"wrong,subject_01,indoor,frontal1,per_mesh," in to_csv(entries)


def test_methods_are_named_and_found(model, tmp_path):
    _write_obj(tmp_path / "m" / "subject_01.obj", model.mean_vertices, model.triangles)
    methods = parse_methods([f"a={tmp_path / 'm'}"])
    subjects = [types.SimpleNamespace(name=f"subject_0{k}", videos={"indoor": 0}) for k in (1, 2)]
    failures = {}
    trained = types.SimpleNamespace(face_model=model)
    faces = other_meshes(methods, subjects, trained, failures)
    face = faces["a"]["subject_01", "indoor"]
    # A mesh of the face model's topology gets its landmarks.
    assert face.topology and face.landmarks.shape == (7, 3)
    assert list(failures) == ["a subject_02 indoor"]
    for text, match in (("a", "must be NAME=FOLDER"), ("=b", "must be NAME=FOLDER")):
        with pytest.raises(ValueError, match=match):
            parse_methods([text])
    with pytest.raises(FileNotFoundError, match="no such folder"):
        parse_methods([f"a={tmp_path / 'absent'}"])
    with pytest.raises(ValueError, match="has no mesh such as subject_01/cooperative.obj"):
        other_meshes({"b": pathlib.Path(tmp_path)}, subjects, trained, {})


def test_the_table(template):
    def entry(subject, scan, value, method="ours"):
        return Entry(method, subject, "indoor", scan, "per_mesh", value, 1.0)

    entries = [entry("a", "1", 1.0), entry("a", "2", 2.0), entry("b", "1", 3.0)]
    assert list(by_subject(entries, "mean").values()) == [1.5, 3.0]
    assert list(by_subject(entries, "min").values()) == [1.0, 3.0]
    own = [2.25, pytest.approx(np.std([1.5, 3], ddof=1)), 2]
    assert scan_table(entries, "mean", "paper").rows[0][4:7] == own
    table = scan_table([*entries, entry("a", "1", 4.0, "other")], "mean", "paper", ["ours"])
    assert table.columns[1:5] == ["cooperative", "std", "subjects", "the paper"]
    assert table.rows[0][5:9] == [*own, "1.50 ± 0.11"]
    assert table.rows[0][1:5] == [None, None, 0, "1.50 ± 0.13"]
    # The paper's figures of its own method stand beside no other one.
    assert table.rows[1][4::4] == [None] * 3
    assert table.rows[-1][::4] == ["Tran et al.", "1.93 ± 0.27", "2.02 ± 0.25", "1.86 ± 0.23"]


def test_the_papers_figures_stand_beside_the_papers_protocol_alone():
    assert has_papers_protocol("paper", "embeddings", 1)
    for other in (("tran", "embeddings", 1), ("paper", "meshes", 1), ("paper", "embeddings", 5)):
        assert not has_papers_protocol(*other)


def test_a_face_far_from_the_average_is_found_without_landmarks(model, template):
    """With a free scale the average face would shrink into this one's cheek, to 0.42."""
    person = random_person(model, np.random.default_rng([0, 1]))
    true = model.decode_shape(person.shape[None])[0].numpy()
    rng = np.random.default_rng([0, 1, 1])
    pose, tip = random_pose(rng), true[model.landmark_indices(("center.nose.tip",))[0]]
    scan = scan_face(true, model.mean_colors, model.triangles, tip, "frontal2", 0.1, rng)
    found = find_face(Face(Surface(pose(scan.vertices), scan.triangles)), template)
    assert np.linalg.norm(found.nose_tip - pose(tip)) < 6
    assert 0.85 < found.from_template.scale < 1.15
