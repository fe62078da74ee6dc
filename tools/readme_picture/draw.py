"""Draws the picture of the README from what `reconstruct.py` has written.

python -m tools.readme_picture.draw RESULTS_FOLDER OUTPUT.jpg NAME ...
"""

import base64
import contextlib
import io
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from evaluation.contact_sheet import contact_sheet
from storage.atomic import write_bytes
from storage.images import jpeg
from tests.browser import browser, served, wait_for

SIZE = 240
SMILE = {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0, "cheekSquintLeft": 0.5}
SMILE |= {"cheekSquintRight": 0.5, "eyeSquintLeft": 0.25, "eyeSquintRight": 0.25, "jawOpen": 0.12}
# The heads of the columns, and how the face is turned (in radians) and what it does there.
VIEWS = {"face": (0.0, {}), "turned": (0.65, {}), "smiling": (-0.4, SMILE)}
THREE = pathlib.Path(__file__).parents[2] / "web" / "static" / "three.min.js"
PAGE = """<!doctype html><canvas id="stage" width="480" height="480"></canvas>
<script type="module">
import * as THREE from "./three.min.js";
const renderer = new THREE.WebGLRenderer({
  canvas: document.getElementById("stage"), antialias: true, preserveDrawingBuffer: true,
});
renderer.shadowMap.enabled = true;
const camera = new THREE.PerspectiveCamera(19, 1, 0.05, 10);
window.draw = async (file, angle, strengths) => {
  const scene = new THREE.Scene();
  scene.background = new THREE.Color("#e9e6e1");
  scene.add(new THREE.HemisphereLight("#ffffff", "#b9a89a", 1.5));
  for (const [color, strength, ...place] of [
    ["#fff4e8", 2.3, 0.7, 1.0, 1.6],
    ["#dfe8ff", 0.8, -1.4, 0.4, 1.2],
    ["#ffffff", 0.9, -0.8, 1.2, -1.4],
  ]) {
    const light = new THREE.DirectionalLight(color, strength);
    light.position.set(...place);
    scene.add(light);
  }
  const { scene: face } = await new THREE.GLTFLoader().loadAsync(file);
  face.traverse((object) => {
    if (!object.isMesh) return;
    for (const [name, strength] of Object.entries(strengths)) {
      object.morphTargetInfluences[object.morphTargetDictionary[name]] = strength;
    }
  });
  face.rotation.y = angle;
  scene.add(face);
  camera.position.set(0.04 * angle, 0.04, 0.8);
  camera.lookAt(0.04 * angle, 0.022, 0);
  renderer.render(scene, camera);
  return document.getElementById("stage").toDataURL("image/png");
};
document.body.dataset.ready = "true";
</script>"""


def main(results: str, output: str, *names: str) -> None:
    """Draws the faces of these names."""
    folder = pathlib.Path(results)
    columns = {"photograph": [], **{view: [] for view in VIEWS}, "mesh over it": []}
    with viewer() as draw:
        for name in names:
            panels = Image.open(folder / f"{name}_render.png").convert("RGB")
            side = panels.height
            for column, place in (("photograph", 0), ("mesh over it", 1)):
                box = (place * side, 0, (place + 1) * side, side)
                columns[column].append(_small(panels.crop(box)))
            for view, (angle, strengths) in VIEWS.items():
                columns[view].append(_small(draw(folder / f"{name}.glb", angle, strengths)))
    sheet = contact_sheet([np.stack(c) for c in columns.values()], 1, 6, list(columns))
    write_bytes(pathlib.Path(output), jpeg(sheet))


@contextlib.contextmanager
def viewer() -> Iterator[Callable[[pathlib.Path, float, dict[str, float]], Image.Image]]:
    """Gives a function that draws a GLB file in three.js: file, turn in radians, expressions."""
    with tempfile.TemporaryDirectory() as temporary:
        page = pathlib.Path(temporary)
        (page / "index.html").write_text(PAGE)
        shutil.copy(THREE, page)
        with browser() as chrome, served(page) as address:
            chrome.get(address)
            wait_for(lambda: chrome.execute_script("return document.body.dataset.ready"))

            def draw(file, angle, strengths):
                shutil.copy(file, page)
                arguments = (file.name, angle, strengths)
                url = chrome.execute_script("return draw(...arguments)", *arguments)
                data = base64.b64decode(url.split(",")[1])
                return Image.open(io.BytesIO(data)).convert("RGB")

            yield draw


def _small(image):
    return np.asarray(image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)) / 255.0


if __name__ == "__main__":
    main(*sys.argv[1:])
