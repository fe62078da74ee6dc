"""The renderer as a package of its own: installed elsewhere, and run by its example."""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("pip", "setuptools", "wheel")),
    reason="pip, setuptools and wheel are needed",
)
def test_the_example_runs_with_the_renderer_alone(tmp_path):
    source, target = tmp_path / "source" / "mesh_renderer", tmp_path / "installed"
    ignored = shutil.ignore_patterns("*.so", "__pycache__", "build", "*.egg-info")
    shutil.copytree(ROOT / "mesh_renderer", source, ignore=ignored)
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", f"--target={target}"]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True)
    headers = {path.name for path in (source / "kernels").rglob("*.h")}
    assert headers == {path.name for path in (target / "mesh_renderer").rglob("*.h")}
    # Compiling takes a minute, and is tested elsewhere. The library fits the same sources.
    for library in (ROOT / "mesh_renderer" / "kernels").glob("*.so"):
        shutil.copy(library, target / "mesh_renderer" / "kernels")

    example = shutil.copy(ROOT / "examples" / "render_a_cube.py", tmp_path)
    environment = os.environ | {"PYTHONPATH": str(target), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, example, "cube.png"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)

    with Image.open(tmp_path / "cube.png") as opened:
        panels = np.split(np.asarray(opened, float), 5, axis=1)
    image, depth, normals, ids, mask = panels
    inside = mask[..., 0] > 128
    assert 0.2 < inside.mean() < 0.6 and set(np.unique(mask)) == {0, 255}
    # What is covered is not white, three sides are seen, and each has two triangles.
    assert np.mean(image[~inside] == 255) > 0.95 and image[inside].mean() < 160
    for panel, kinds, least in ((normals, 3, 3000), (ids, 6, 1000)):
        _, counts = np.unique(panel[inside], axis=0, return_counts=True)
        assert np.sum(counts > least) == kinds
    # The corner in the middle is nearest to the camera.
    row, column = np.argwhere(inside)[depth[inside][:, 0].argmax()]
    assert abs(column - 140) < 20 and abs(row - 120) < 60
