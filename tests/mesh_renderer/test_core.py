"""The C++ core without TensorFlow: at any point of the plane, and in any division of the rows."""

import ctypes
import pathlib
import subprocess

import numpy as np
import pytest
from numpy.ctypeslib import ndpointer

from mesh_renderer import build_kernels
from tests.mesh_renderer import meshes, reference

CORE_SOURCES = ("barycentrics.cc", "rasterizer.cc", "interpolation.cc", "vertex_normals.cc")
TRIANGLE = np.array([(-0.9, -0.4, 0.1, 1.2), (0.8, -0.5, 0.2, 0.9), (0.1, 1.1, 0.3, 2.0)], "f4")


@pytest.fixture(scope="session")
def core(tmp_path_factory):
    """The core as a shared library, compiled without any of TensorFlow's headers."""
    library = tmp_path_factory.mktemp("core") / "core.so"
    here = pathlib.Path(__file__).parent
    sources = [here / "core_api.cc", *(build_kernels.SOURCES / name for name in CORE_SOURCES)]
    include = f"-I{build_kernels.SOURCES}"
    command = ["g++", *build_kernels.FLAGS, "-Werror", "-shared", include, *sources, "-o", library]
    subprocess.run(command, check=True)
    loaded = ctypes.CDLL(library)
    floats, doubles = ndpointer(np.float32, flags="C"), ndpointer(np.float64, flags="C")
    ints, i32, i64 = ndpointer(np.int32, flags="C"), ctypes.c_int32, ctypes.c_int64
    f64 = ctypes.c_double
    loaded.BarycentricsAt.argtypes = [floats, f64, f64, doubles, floats]
    loaded.RasterizeInBands.argtypes = [floats, i64, ints, i64, *3 * [i32], floats, ints, floats]
    return loaded


def barycentrics_at(core, corners, px, py):
    b, jacobian = np.zeros(3), np.zeros([3, 3, 3], np.float32)
    exists = core.BarycentricsAt(np.ascontiguousarray(corners, np.float32), px, py, b, jacobian)
    return (b, jacobian) if exists else None


POINTS = {
    "inside": (0.0, 0.0),
    "outside": (-0.9, 0.9),
    "far outside": (3.0, -4.0),
    "at a corner": tuple(TRIANGLE[0, :2].astype("f8") / TRIANGLE[0, 3]),
    "on an edge": tuple(TRIANGLE[:2, :2].sum(0, "f8") / TRIANGLE[:2, 3].sum(dtype="f8")),
}


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
def test_barycentrics_and_jacobian_reference(core, point):
    b, jacobian = barycentrics_at(core, TRIANGLE, *point)
    np.testing.assert_allclose(b, reference.barycentrics_at(TRIANGLE, *point), atol=1e-12)
    expected = reference.barycentrics_jacobian(TRIANGLE, *point)
    np.testing.assert_allclose(jacobian, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
def test_jacobian_numeric(core, point):
    _, jacobian = barycentrics_at(core, TRIANGLE, *point)
    step = 1e-6
    for corner in range(3):
        for axis, column in enumerate((0, 1, 3)):
            moved = np.zeros([3, 4])
            moved[corner, column] = step
            high = reference.barycentrics_at(TRIANGLE + moved, *point)
            low = reference.barycentrics_at(TRIANGLE - moved, *point)
            np.testing.assert_allclose(
                jacobian[:, corner, axis], (high - low) / (2 * step), rtol=1e-4, atol=1e-6
            )


def test_a_corner_and_an_edge_have_zero_barycentrics(core):
    corner, _ = barycentrics_at(core, TRIANGLE, *POINTS["at a corner"])
    np.testing.assert_allclose(corner, [1, 0, 0], atol=1e-12)
    edge, _ = barycentrics_at(core, TRIANGLE, *POINTS["on an edge"])
    assert abs(edge[2]) < 1e-12 and edge[0] > 0 and edge[1] > 0


def test_outside_has_negative_barycentrics(core):
    b, _ = barycentrics_at(core, TRIANGLE, *POINTS["outside"])
    assert b.min() < 0 and abs(b.sum() - 1) < 1e-12


def test_triangle_without_area_has_none(core):
    assert barycentrics_at(core, TRIANGLE[[0, 0, 1]], 0.0, 0.0) is None


@pytest.mark.parametrize("band", [1, 7, 50, 1000])
def test_division_into_bands_changes_no_bit(core, band):
    clip = meshes.project(meshes.sphere()[0] @ meshes.rotation(0.3, 0.5, 0.1).T)
    triangles = meshes.sphere()[1]
    size = 50

    def render(rows):
        out = (
            np.empty([size, size, 3], "f4"),
            np.empty([size, size], "i4"),
            np.empty([size] * 2, "f4"),
        )
        core.RasterizeInBands(clip, len(clip), triangles, len(triangles), size, size, rows, *out)
        return out

    for whole, divided in zip(render(size), render(band), strict=True):
        np.testing.assert_array_equal(whole, divided)
