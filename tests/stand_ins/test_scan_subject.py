"""A textured scan becomes a subject in MICC's layout."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.scans.frames import read_frames
from data_pipeline.scans.mesh_files import read_mesh
from data_pipeline.scans.micc import read_micc
from stand_ins.scan_subject import write_scan_subject


def _write_ball(folder):
    """A bulging sheet whose left half is red and whose right half is blue, in units of 50 mm."""
    x, y = np.meshgrid(np.linspace(-2, 2, 21), np.linspace(-2, 2, 21))
    vertices = np.stack([x, y, 1.5 - (x**2 + y**2) / 4], axis=-1).reshape(-1, 3)
    rows = ["mtllib m.mtl", "usemtl m", *(f"v {a} {b} {c}" for a, b, c in vertices)]
    rows += [f"vt {(a + 2) / 4} {(b + 2) / 4}" for a, b, _ in vertices]
    for k in np.arange(441).reshape(21, 21)[:-1, :-1].ravel() + 1:
        rows.append("f " + " ".join(f"{c}/{c}" for c in (k, k + 1, k + 22, k + 21)))
    (folder / "a.obj").write_text("\n".join([*rows, ""]))
    (folder / "m.mtl").write_text("newmtl m\nKd 1 1 1\nmap_Kd m.png\n")
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, :4, 0] = picture[:, 4:, 2] = 200
    Image.fromarray(picture).save(folder / "m.png")


def test_pictures_and_the_scan_in_millimeters(tmp_path):
    _write_ball(tmp_path)
    write_scan_subject(tmp_path / "out", tmp_path / "a.obj", 50.0, frames=1)
    (subject,) = read_micc(tmp_path / "out")
    vertices, triangles = read_mesh(subject.scans["frontal1"].mesh)
    own, faces = read_mesh(tmp_path / "a.obj")
    np.testing.assert_allclose(vertices, own * 50, atol=1e-3)
    np.testing.assert_array_equal(triangles, faces)
    assert len(subject.videos) == 3
    for video in subject.videos.values():
        ((_, image),) = read_frames(video)
        center = image[100:156].astype(float).mean(axis=0)
        left, right = center[88:118].mean(axis=0), center[138:168].mean(axis=0)
        assert left[0] - left[2] > right[0] - right[2] + 20
    with pytest.raises(FileExistsError):
        write_scan_subject(tmp_path / "out", tmp_path / "a.obj", 50.0)
    (tmp_path / "b.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    with pytest.raises(ValueError, match="b.obj: has no texture"):
        write_scan_subject(tmp_path / "other", tmp_path / "b.obj", 50.0)
