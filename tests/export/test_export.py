"""The exported regressor does what the forward pass does, for programs without this project."""

import ast
import importlib.util
import pathlib
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
import trimesh

import open_parts
from data_pipeline.detection import LandmarkFile
from data_pipeline.photographs import read_image
from export.exporting import FACE_MODEL_FILE, REPORT_FILE, export
from export.forward import ForwardPass, _mixture
from export.writers import FORMATS
from model.crop_changes import CHANGES, changed_images
from model.face_finding import FoundFace
from model.reconstructor import Reconstructor
from model.trained import load_trained
from tests.browser import browser, running, wait_for
from web.local_files import find_local_files
from web.studio import Studio

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"
NAMES = ["us_congress_A000358.jpg", "us_congress_J000126.jpg"]


@pytest.fixture(scope="module")
def reconstructor():
    trained = load_trained([open_parts.DECODER])
    detector = LandmarkFile(open_parts.LANDMARKS)
    return Reconstructor(trained.decoders[0].decoder, trained.encoder, trained.face_model, detector)


@pytest.fixture(scope="module")
def crops(reconstructor):
    images = [read_image(open_parts.PHOTOS / name) for name in NAMES]
    found = [reconstructor.find(image, name) for image, name in zip(images, NAMES, strict=True)]
    return np.stack(
        [reconstructor.cut(image, face) for image, face in zip(images, found, strict=True)]
    )


@pytest.fixture(scope="module")
def faces(reconstructor, crops):
    return reconstructor.reconstruct(crops)


@pytest.mark.parametrize("name", CHANGES)
def test_changed_crops_are_those_of_opencv(crops, name):
    size = crops.shape[1]
    places, weights = _mixture(CHANGES[name], size)
    flat = crops.reshape(len(crops), -1, 3).astype(float)
    mixed = sum(flat[:, p] * w[:, None] for p, w in zip(places, weights, strict=True))
    expected = changed_images(crops, CHANGES[name])
    away = np.abs(mixed.reshape(crops.shape) - expected)
    # Both are rounded; OpenCV before 5 rounds the places as well.
    assert away.max() < 3 and away.mean() < 0.4


def test_the_function_is_the_forward_pass(reconstructor, crops, faces):
    forward = ForwardPass(reconstructor.decoder, reconstructor.encoder)
    result = forward.function()(crops)
    for name in ("shape", "texture"):
        expected = [getattr(face, name) for face in faces]
        np.testing.assert_allclose(result[name], expected, atol=0.005)


def _needed(name):
    return {"saved_model": [], "tflite": ["ai_edge_litert"], "onnx": ["tf2onnx", "onnxruntime"]}[
        name
    ]


def _missing(name):
    return [package for package in _needed(name) if not importlib.util.find_spec(package)]


@pytest.fixture(scope="module")
def exported(reconstructor, crops, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    formats = [name for name in FORMATS if not _missing(name)]
    return folder, export(reconstructor, crops, folder, formats)


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_written_repeats_it(exported, name):
    if _missing(name):
        pytest.skip(f"{' and '.join(_missing(name))} is not installed")
    folder, measured = exported
    assert measured[name].largest_error < 0.01
    assert measured[name].vertex_error_mm < 0.02
    assert 5 < measured[name].megabytes < 40
    assert (folder / FORMATS[name].name).exists() and (folder / REPORT_FILE).is_file()


@pytest.mark.parametrize("name", ["onnx", "tflite"])
def test_examples_need_nothing_of_ours(exported, name, faces, reconstructor, tmp_path):
    if _missing(name):
        pytest.skip(f"{' and '.join(_missing(name))} is not installed")
    folder, _ = exported
    found = reconstructor.find(None, NAMES[0])
    photograph, crop, output = open_parts.PHOTOS / NAMES[0], tmp_path / "crop.png", "face.obj"
    points = [str(value) for value in found.points.ravel()]
    _run("cut_face.py", tmp_path, folder / FACE_MODEL_FILE, photograph, crop, *points)
    # Pillow and OpenCV sample alike to a level or two.
    image = read_image(photograph)
    away = np.abs(np.int16(cv2.imread(str(crop))[..., ::-1]) - reconstructor.cut(image, found))
    assert away.mean() < 1.0
    _run(f"{name}_face.py", tmp_path, folder, crop, output)
    mesh = trimesh.load(tmp_path / output, process=False)
    moved = np.linalg.norm(mesh.vertices - faces[0].vertices, axis=1)
    assert moved.mean() < 0.3
    assert np.abs(mesh.visual.vertex_colors[:, :3] / 255 - faces[0].colors).mean() < 0.01


def test_large_photographs_are_shrunk_by_areas(exported, reconstructor, tmp_path):
    photograph = read_image(open_parts.PHOTOS / NAMES[1])
    large = cv2.resize(photograph, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(tmp_path / "large.png"), large[..., ::-1])
    points = 4 * (reconstructor.find(None, NAMES[1]).points + 0.5) - 0.5
    crop = tmp_path / "crop.png"
    values = [str(value) for value in points.ravel()]
    _run("cut_face.py", tmp_path, exported[0] / FACE_MODEL_FILE, "large.png", crop, *values)
    expected = reconstructor.cut(large, FoundFace(points, (0, 0, 1, 1), 1.0))
    away = np.abs(np.int16(cv2.imread(str(crop))[..., ::-1]) - expected)
    assert away.mean() < 1.0


def _run(example, folder, *arguments):
    source = EXAMPLES / example
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported <= {"sys", "numpy", "PIL", "onnxruntime", "ai_edge_litert"}
    command = [sys.executable, source, *map(str, arguments)]
    subprocess.run(command, cwd=folder, check=True)


def test_the_face_model_as_arrays(exported, reconstructor, faces):
    folder, _ = exported
    with np.load(folder / FACE_MODEL_FILE, allow_pickle=False) as arrays:
        vertices = arrays["mean_vertices"] + np.tensordot(
            faces[0].shape, arrays["shape_basis"].astype(np.float32), 1
        )
        colors = arrays["mean_colors"] + np.tensordot(
            faces[0].texture, arrays["color_basis"].astype(np.float32), 1
        )
        np.testing.assert_array_equal(arrays["triangles"], reconstructor.face_model.triangles)
    np.testing.assert_allclose(vertices, faces[0].vertices, atol=0.02)
    np.testing.assert_allclose(np.clip(colors, 0, 1), faces[0].colors, atol=0.001)


# Chooses a photograph in the page's local mode, and clicks the points that the page asks for.
_READ_HERE = """
const [name, points] = arguments, done = arguments[2];
const until = async (condition) => {
  while (!condition()) await new Promise((go) => setTimeout(go, 50));
};
(async () => {
  const photograph = await (await fetch(`samples/${name}`)).blob();
  document.querySelector("#here input").click();
  const chosen = new DataTransfer();
  chosen.items.add(new File([photograph], name));
  const chooser = document.getElementById("chooser");
  chooser.files = chosen.files;
  chooser.dispatchEvent(new Event("change"));
  const dialog = document.getElementById("marking"), canvas = dialog.querySelector("canvas");
  await until(() => dialog.open);
  const box = canvas.getBoundingClientRect(), scale = canvas.width / arguments[3];
  for (const [x, y] of points) {
    const [clientX, clientY] = [box.left + (x + 0.5) * scale, box.top + (y + 0.5) * scale];
    canvas.dispatchEvent(new MouseEvent("click", { clientX, clientY }));
  }
  await until(() => !document.getElementById("drop").classList.contains("busy"));
  done([studio.state.own.shape, document.getElementById("message").textContent]);
})().catch((error) => done([[], String(error)]));
"""


def _runtime():
    """The folder of the npm package onnxruntime-web, or None."""
    if shutil.which("node") is None:
        return None
    ask = "console.log(require.resolve('onnxruntime-web'))"
    done = subprocess.run(["node", "-e", ask], capture_output=True, text=True)
    return pathlib.Path(done.stdout.strip()).parent.parent if done.returncode == 0 else None


def test_in_a_browser(exported, reconstructor):
    """The page reads a photograph without sending it anywhere."""
    page = pytest.importorskip("web.page")
    if _missing("onnx") or _runtime() is None:
        pytest.skip("node finds no onnxruntime-web (see NODE_PATH)")
    name = page.SAMPLES[0]
    image = read_image(open_parts.PHOTOS / name)
    points = reconstructor.find(image, name).points
    expected = reconstructor.reconstruct(
        np.stack([reconstructor.cut(image, FoundFace(points, (0, 0, 1, 1), 1.0))])
    )[0]
    files = find_local_files(exported[0], _runtime())
    with browser() as chrome, running(Studio(reconstructor), files) as address:
        chrome.get(address)
        wait_for(lambda: chrome.execute_script("return document.body.dataset.ready"))
        script = _READ_HERE.replace("arguments[3]", str(image.shape[1]))
        shape, message = chrome.execute_async_script(script, name, points.tolist())
    assert shape, message
    # Clicks are at whole pixels of the screen, and a browser samples in its own way.
    assert np.corrcoef(shape, expected.shape)[0, 1] > 0.97
