"""Meshes of all kinds of files arrive as they are."""

import numpy as np
import pytest
import trimesh

from data_pipeline.scans.mesh_files import read_in_millimeters, read_mesh

_VERTICES = np.array([[0.0, 0, 0], [150, 0, 0], [150, 150, 10], [0, 150, 0]])


def test_obj_keeps_the_order_of_its_vertices(tmp_path):
    """Quads, seams of a texture, colors of vertices, and faces that count backwards."""
    path = tmp_path / "a.obj"
    lines = [f"v {x} {y} {z} 0.5 0.5 0.5" for x, y, z in _VERTICES]
    lines += ["vt 0 0", "vt 1 1", "f 1/1 2/2 3/1 4/2", "f -4//1 -3//1 -1//1"]
    path.write_text("\n".join(["mtllib no.mtl", *lines, ""]))
    vertices, triangles = read_mesh(path)
    np.testing.assert_array_equal(vertices, _VERTICES)
    np.testing.assert_array_equal(triangles, [[0, 1, 2], [0, 2, 3], [0, 1, 3]])


@pytest.mark.parametrize("suffix", ["ply", "glb", "obj"])
@pytest.mark.parametrize("unit", [0.001, 0.1, 1.0])
def test_units_are_told_by_the_size(tmp_path, suffix, unit):
    path = tmp_path / f"a.{suffix}"
    mesh = trimesh.Trimesh(_VERTICES * unit, [[0, 1, 2], [0, 2, 3]], process=False)
    path.write_bytes(
        data if isinstance(data := mesh.export(file_type=suffix), bytes) else data.encode()
    )
    vertices, triangles = read_in_millimeters(path)
    np.testing.assert_allclose(vertices, _VERTICES, atol=1e-3)
    assert len(triangles) == 2


def test_bad_files_are_named(tmp_path):
    def fails(name, data, match):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(ValueError, match=f"{name}: {match}"):
            read_mesh(path)

    fails("a.stl", b"", "meshes are read from .obj")
    fails("a.obj", b"v 0 0 0\n", "has no triangles")
    fails("b.obj", b"v 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "not a readable mesh")
    fails("c.obj", b"v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "holds vertices that are not finite")
    fails("d.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "a face names a vertex")
    fails("e.glb", b"rubbish", "not a readable mesh")
    fails("f.ply", b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer")
    with pytest.raises(FileNotFoundError):
        read_mesh(tmp_path / "missing.obj")
