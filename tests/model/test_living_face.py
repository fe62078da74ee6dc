"""Faces that move: what their files say, by the specification and by the Khronos validator."""

import dataclasses
import io
import json
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

import open_parts
from model import mesh_io
from model.face_models.bfm_hdf5 import write_bfm_hdf5
from model.face_models.load import load_face_model, read_face_model
from model.kit_layout import kit_atlas
from model.named_expressions import arkit_name, load_named_expressions
from open_parts import MOUTH_PARTS, NAMED_EXPRESSIONS
from tests.model.glb_reader import Glb
from tests.model.small_face_model import write_small_face_model

# The shapes of ARKit but tongueOut, which ICT-FaceKit lacks.
ARKIT = (
    "browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff "
    "cheekSquintLeft cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight "
    "eyeLookInLeft eyeLookInRight eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight "
    "eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft jawOpen jawRight "
    "mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight mouthFunnel "
    "mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker "
    "mouthRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft "
    "mouthSmileRight mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight "
    "noseSneerLeft noseSneerRight"
).split()


@pytest.fixture(scope="module")
def shape(face_model):
    return np.random.default_rng(0).normal(size=face_model.shape_components).astype(np.float32)


@pytest.fixture(scope="module")
def mesh(face_model, living, shape):
    vertices = face_model.decode_shape(shape[None])[0].numpy()
    return living.mesh(shape, vertices, np.clip(face_model.mean_colors, 0, 1))


@pytest.fixture(scope="module")
def data(mesh, living):
    return mesh_io.glb(mesh, "a_face", living.morphs)


@pytest.fixture(scope="module")
def file(data):
    return Glb(data)


@pytest.fixture(scope="module")
def atlas(face_model):
    return kit_atlas(NAMED_EXPRESSIONS, MOUTH_PARTS, face_model, size=512)


def _target(file, name):
    return file.primitive["targets"][file.tree["meshes"][0]["extras"]["targetNames"].index(name)]


def test_a_face_expresses_what_it_is_told(living, mesh):
    names = [morph.name for morph in living.morphs]
    jaw = living.morphs[names.index("jawOpen")]
    shown = living.expressed(mesh, {"jawOpen": 0.5, "eyeBlinkLeft": 0.0})
    expected = mesh.vertices.copy()
    expected[jaw.moved] += 0.5 * jaw.moves_mm
    np.testing.assert_allclose(shown.vertices, expected, atol=1e-5)
    assert living.weights({"jawOpen": 0.5})[names.index("jawOpen")] == 0.5
    assert sum(living.weights({"jawOpen": 0.5})) == 0.5
    with pytest.raises(ValueError, match="jawOpenn is no expression.*did you mean jawOpen"):
        living.weights({"jawOpenn": 1.0})


def test_a_texture_takes_the_place_of_vertex_colors(mesh, living, atlas, file):
    """Vertices on seams are there twice; what a viewer draws is the same."""
    weights = np.linspace(0, 1, len(living.morphs)).tolist()
    textured = Glb(mesh_io.glb(mesh, "a_face", living.morphs, weights, atlas))
    assert "COLOR_0" not in textured.primitive["attributes"]
    corners, expected = (
        one.attribute("POSITION")[one.read(one.primitive["indices"])[:, 0]]
        for one in (textured, file)
    )
    np.testing.assert_array_equal(corners, expected)
    for name in ("jawOpen", "mouthSmileLeft"):
        moved, expected = (
            one.read(_target(one, name)["POSITION"])[one.read(one.primitive["indices"])[:, 0]]
            for one in (textured, file)
        )
        np.testing.assert_array_equal(moved, expected)
    assert textured.tree["meshes"][0]["weights"] == weights
    image = textured.tree["bufferViews"][textured.tree["images"][0]["bufferView"]]
    start = image["byteOffset"]
    png = textured.buffer[start : start + image["byteLength"]]
    with Image.open(io.BytesIO(png)) as opened:
        np.testing.assert_array_equal(np.asarray(opened), atlas.bake(mesh.colors))
    # glTF's v grows downwards.
    uv = textured.attribute("TEXCOORD_0")
    corners = textured.read(textured.primitive["indices"])[:, 0]
    expected = atlas.uv[atlas.triangles.ravel()] * [1, -1] + [0, 1]
    np.testing.assert_allclose(uv[corners], expected, atol=1e-6)


def test_names_are_those_of_arkit(file):
    mesh = file.tree["meshes"][0]
    names = mesh["extras"]["targetNames"]
    assert set(ARKIT) <= set(names) and len(set(names)) == len(names)
    halves = {
        f"{whole}{side}" for whole in ("browInnerUp", "cheekPuff") for side in ("Left", "Right")
    }
    assert set(names) - set(ARKIT) == halves
    assert len(file.primitive["targets"]) == len(names)
    assert mesh["weights"] == [0.0] * len(names)


@pytest.mark.parametrize(
    "name, expected",
    [("eyeBlink_L", "eyeBlinkLeft"), ("mouthSmile_R", "mouthSmileRight"), ("jawOpen", "jawOpen")],
)
def test_names_are_spelled_as_arkit_does(name, expected):
    assert arkit_name(name) == expected


def test_every_target_moves_the_face_as_its_expression_does(file, expressions, face_model):
    vertices = face_model.n_vertices + expressions.mouth.shape[1]
    for k, name in enumerate(expressions.names):
        moved = file.read(_target(file, name)["POSITION"])
        assert moved.shape == (vertices, 3)
        expected = np.concatenate([expressions.face[k], expressions.mouth[k]])
        # What moves by less than 0.05 mm stays.
        np.testing.assert_allclose(moved * 1000, expected, atol=0.051)
        assert file.read(_target(file, name)["NORMAL"]).shape == (vertices, 3)
        accessor = file.tree["accessors"][_target(file, name)["POSITION"]]
        assert "min" in accessor and "bufferView" not in accessor


def test_normals_turn_with_the_face(file, face_model, expressions, shape):
    """They are those of the mean face, which are nearly those of any."""
    k = expressions.names.index("mouthSmileLeft")
    vertices = face_model.decode_shape(shape[None])
    neutral = face_model.vertex_normals(vertices)[0].numpy()
    smiling = face_model.vertex_normals(vertices + expressions.face[k])[0].numpy()
    turned = file.read(_target(file, "mouthSmileLeft")["NORMAL"])[: face_model.n_vertices]
    before = np.linalg.norm(smiling - neutral, axis=1)
    after = np.linalg.norm(smiling - neutral - turned, axis=1)
    assert after[before > 0.1].mean() < 0.4 * before[before > 0.1].mean()


def test_the_face_itself_comes_first_and_at_rest(file, face_model, mesh, shape):
    vertices = face_model.decode_shape(shape[None])[0].numpy()
    position = file.attribute("POSITION")
    np.testing.assert_allclose(position[: len(vertices)] * 1000, vertices, atol=1e-3)
    triangles = file.read(file.primitive["indices"]).reshape(-1, 3)
    np.testing.assert_array_equal(triangles, mesh.triangles)
    assert triangles.max() == len(position) - 1


def test_the_jaw_takes_the_lower_teeth_along(file, face_model):
    moved = file.read(_target(file, "jawOpen")["POSITION"]) * 1000
    chin = moved[face_model.landmarks["center.chin.tip"]]
    inside = moved[face_model.n_vertices :]
    assert chin[1] < -5 and inside[:, 1].min() < -5
    # The upper teeth stay where they are.
    assert np.mean(np.all(inside == 0, axis=1)) > 0.2


def test_teeth_stay_inside_of_other_faces(face_model, expressions):
    generator = np.random.default_rng(1)
    lips = face_model.landmark_indices(("right.lips.corner", "left.lips.corner"))
    for shape in generator.normal(size=[5, face_model.shape_components]):
        shape = np.float32(shape)
        mouth = expressions.mouth_vertices(shape)
        vertices = face_model.decode_shape(shape[None])[0].numpy()
        right, left = vertices[lips]
        middle = (mouth[:, 0].min() + mouth[:, 0].max()) / 2
        assert right[0] < middle < left[0] and mouth[:, 2].max() < vertices[:, 2].max()


def test_the_file_stays_small(data):
    assert len(data) < 6_000_000


def test_other_face_models_have_none(tmp_path):
    small = load_face_model(write_small_face_model(tmp_path / "small.h5"))
    assert load_named_expressions(NAMED_EXPRESSIONS, MOUTH_PARTS, small) is None


def test_fewer_components_are_enough(expressions):
    few = load_face_model(open_parts.FACE_MODEL, 8, 2)
    own = load_named_expressions(NAMED_EXPRESSIONS, MOUTH_PARTS, few)
    whole = np.zeros(100, np.float32)
    whole[:8] = 1
    np.testing.assert_array_equal(
        own.mouth_vertices(np.ones(8)), expressions.mouth_vertices(whole[:8])
    )
    np.testing.assert_allclose(own.mouth_vertices(np.ones(8)), expressions.mouth_vertices(whole))


def test_other_components_are_not_taken_for_these(tmp_path, face_model):
    """A model of the same mean whose components are in another order has other mouths."""
    with np.load(MOUTH_PARTS, allow_pickle=False) as arrays:
        arrays = dict(arrays)
    arrays["probe_displacements_mm"] = arrays["probe_displacements_mm"][..., ::-1]
    np.savez(tmp_path / "parts.npz", **arrays)
    assert load_named_expressions(NAMED_EXPRESSIONS, tmp_path / "parts.npz", face_model) is None


def test_a_file_that_lacks_something_is_named(tmp_path, face_model):
    np.savez(tmp_path / "parts.npz", names=np.array(["jawOpen"]))
    with pytest.raises(ValueError, match="parts.npz: has no array"):
        load_named_expressions(NAMED_EXPRESSIONS, tmp_path / "parts.npz", face_model)


_VALIDATE = """
const validator = require("gltf-validator"), fs = require("fs");
validator.validateBytes(new Uint8Array(fs.readFileSync(process.argv[1])))
  .then((report) => console.log(JSON.stringify(report.issues)));
"""


def _has_validator():
    if shutil.which("node") is None:
        return False
    asked = ["node", "-e", "require.resolve('gltf-validator')"]
    return subprocess.run(asked, capture_output=True).returncode == 0


@pytest.mark.skipif(not _has_validator(), reason="node finds no gltf-validator (see NODE_PATH)")
@pytest.mark.parametrize("kind", ["vertex_colors", "texture"])
def test_the_khronos_validator_finds_nothing(data, mesh, living, atlas, tmp_path, kind):
    path = pathlib.Path(tmp_path / "face.glb")
    textured = kind == "texture"
    path.write_bytes(mesh_io.glb(mesh, "a", living.morphs, atlas=atlas) if textured else data)
    done = subprocess.run(["node", "-e", _VALIDATE, path], capture_output=True, text=True)
    issues = json.loads(done.stdout)
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


def test_another_mean_face_is_found_in_the_kit(tmp_path, expressions):
    """A model whose mean face is moved keeps its mouth, and the same face has the same one."""
    contents = read_face_model(open_parts.FACE_MODEL)
    away = np.float32(np.random.default_rng(0).normal(scale=0.5, size=100))
    write_bfm_hdf5(
        tmp_path / "moved.h5", dataclasses.replace(contents, shape=contents.shape.moved(away))
    )
    own = load_named_expressions(
        NAMED_EXPRESSIONS, MOUTH_PARTS, load_face_model(tmp_path / "moved.h5")
    )
    np.testing.assert_allclose(own.mean_shape, expressions.mean_shape + away, atol=1e-3)
    np.testing.assert_allclose(
        own.mouth_vertices(-away), expressions.mouth_vertices(np.zeros(0)), atol=0.01
    )
