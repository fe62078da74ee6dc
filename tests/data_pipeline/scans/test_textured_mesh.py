"""Colors of textured meshes."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.scans.textured_mesh import TexturedMesh, read_textured


def _write(folder):
    rows = ["mtllib m.mtl", "usemtl m", "v 0 0 0", "v 1 0 0", "v 0 1 0"]
    rows += ["vt 0.125 0.25", "vt 0.875 0.25", "vt 0.125 0.75", "f 1/1 2/2 3/3"]
    (folder / "a.obj").write_text("\n".join([*rows, ""]))
    (folder / "m.mtl").write_text("newmtl m\nKd 1 1 1\nmap_Kd m.png\n")
    picture = np.zeros((2, 4, 3), np.uint8)
    # Row 0 of the file is the top, where v is large.
    picture[1, 0], picture[1, 3], picture[0, 0] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    Image.fromarray(picture).save(folder / "m.png")


def test_vertices_have_the_colors_of_the_picture(tmp_path):
    _write(tmp_path)
    mesh = read_textured(tmp_path / "a.obj")
    assert mesh.triangles.tolist() == [[0, 1, 2]]
    np.testing.assert_allclose(mesh.colors_at(mesh.uv), np.eye(3), atol=1e-6)
    between = mesh.colors_at(np.array([[[0.125, 0.5]], [[-3.0, 0.25]]]))
    np.testing.assert_allclose(between[:, 0], [[0.5, 0, 0.5], [1, 0, 0]], atol=1e-6)


def test_more_places_than_a_short_integer_counts():
    mesh = TexturedMesh(np.zeros((0, 3)), np.zeros((0, 3), int), np.zeros((0, 2)), _ramp())
    places = np.column_stack([np.linspace(0.1, 0.9, 70000), np.full(70000, 0.5)])
    np.testing.assert_allclose(mesh.colors_at(places)[:, 0], places[:, 0], atol=0.02)


def _ramp():
    return np.tile(((np.arange(64) + 0.5) / 64)[None, :, None], (2, 1, 3)).astype(np.float32)


def test_what_has_no_texture_is_named(tmp_path):
    (tmp_path / "b.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    with pytest.raises(ValueError, match="b.obj: has no texture"):
        read_textured(tmp_path / "b.obj")
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_textured(tmp_path / "absent.obj")
    _write(tmp_path)
    (tmp_path / "m.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="a.obj"):
        read_textured(tmp_path / "a.obj")
