"""The file of a face in three.js: it loads there, and the jaw moves."""

import pathlib
import shutil

import numpy as np
import pytest

import open_parts
from model import mesh_io
from model.face_models.load import load_face_model
from model.kit_layout import kit_atlas
from model.living_face import LivingFaces
from model.named_expressions import load_named_expressions
from open_parts import MOUTH_PARTS, NAMED_EXPRESSIONS
from tests.browser import browser, served, wait_for

THREE = pathlib.Path(__file__).parents[2] / "web" / "static" / "three.min.js"
# Loads a file as any page with three.js would, and draws it from in front.
PAGE = """<!doctype html><canvas id="stage" width="300" height="300"></canvas>
<script type="module">
import * as THREE from "./three.min.js";
const canvas = document.getElementById("stage");
const renderer = new THREE.WebGLRenderer({ canvas, preserveDrawingBuffer: true });
const scene = new THREE.Scene(), camera = new THREE.PerspectiveCamera(25, 1, 0.01, 10);
camera.position.set(0, 0, 0.9);
scene.background = new THREE.Color("#ffffff");
scene.add(new THREE.HemisphereLight("#ffffff", "#888888", 3));
const { scene: face } = await new THREE.GLTFLoader().loadAsync("face.glb");
scene.add(face);
let mesh;
face.traverse((object) => { if (object.isMesh) mesh = object; });
window.express = (name, strength, vertex) => {
  mesh.morphTargetInfluences.fill(0);
  mesh.morphTargetInfluences[mesh.morphTargetDictionary[name]] = strength;
  renderer.render(scene, camera);
  const gl = renderer.getContext(), pixels = new Uint8Array(300 * 300 * 4);
  gl.readPixels(0, 0, 300, 300, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  return [mesh.getVertexPosition(vertex, new THREE.Vector3()).toArray(), Array.from(pixels)];
};
document.body.dataset.ready = "true";
</script>"""


@pytest.mark.parametrize("textured", [False, True], ids=["vertex_colors", "texture"])
def test_the_jaw_opens_in_three_js(tmp_path, textured):
    face_model = load_face_model(open_parts.FACE_MODEL)
    expressions = load_named_expressions(NAMED_EXPRESSIONS, MOUTH_PARTS, face_model)
    living = LivingFaces(face_model, expressions)
    shape = np.zeros(face_model.shape_components, np.float32)
    mesh = living.mesh(shape, face_model.mean_vertices, np.clip(face_model.mean_colors, 0, 1))
    atlas = kit_atlas(NAMED_EXPRESSIONS, MOUTH_PARTS, face_model, 256) if textured else None
    data = mesh_io.glb(mesh, "face", living.morphs, atlas=atlas)
    (tmp_path / "face.glb").write_bytes(data)
    (tmp_path / "index.html").write_text(PAGE)
    shutil.copy(THREE, tmp_path)

    chin = face_model.landmarks["center.chin.tip"]
    if textured:
        chin = int(np.flatnonzero(atlas.seams.vertices == chin)[0])
    with browser() as chrome, served(tmp_path) as address:
        chrome.get(address)
        wait_for(lambda: chrome.execute_script("return document.body.dataset.ready"))
        call = "return express('jawOpen', arguments[0], arguments[1])"
        closed, closed_pixels = chrome.execute_script(call, 0.0, chin)
        opened, opened_pixels = chrome.execute_script(call, 1.0, chin)
    moved = expressions.face[
        expressions.names.index("jawOpen"), face_model.landmarks["center.chin.tip"]
    ]
    np.testing.assert_allclose(1000 * (np.array(opened) - closed), moved, atol=0.06)
    assert moved[1] < -10
    before, after = (
        np.array(pixels, float).reshape(300, 300, 4)[::-1, :, :3]
        for pixels in (closed_pixels, opened_pixels)
    )
    # Skin is drawn in its color, and below the nose the picture changes much more than above it.
    middle = before[130:170, 130:170].mean(axis=(0, 1))
    assert middle[0] > middle[1] > middle[2] and middle[0] > 90
    changed = np.abs(after - before).max(axis=-1) > 25
    assert changed[160:].sum() > 10 * max(changed[:120].sum(), 50)
