"""The C++ core without TensorFlow: at any point of the plane, and on any instruction set."""

import ctypes
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
from numpy.ctypeslib import ndpointer

from mesh_renderer import build_kernels
from tests.mesh_renderer import meshes, reference

HERE = pathlib.Path(__file__).parent
TRIANGLE = np.array([(-0.9, -0.4, 0.1, 1.2), (0.8, -0.5, 0.2, 0.9), (0.1, 1.1, 0.3, 2.0)])


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """Compiles the core as a shared library, without any of TensorFlow's headers."""
    path = tmp_path_factory.mktemp("core") / "core.so"
    build_kernels.compile_core(path, [HERE / "core_api.cc"], ("-Werror", "-shared"))
    return path


@pytest.fixture(scope="session")
def core(library):
    return load(library)


def load(library):
    loaded = ctypes.CDLL(str(library))
    floats, doubles = ndpointer(np.float32, flags="C"), ndpointer(np.float64, flags="C")
    ints, i32, i64 = ndpointer(np.int32, flags="C"), ctypes.c_int32, ctypes.c_int64
    f64 = ctypes.c_double
    loaded.InstructionSet.restype = ctypes.c_char_p
    loaded.BarycentricsAt.argtypes = [doubles, f64, f64, doubles, doubles]
    loaded.RasterizeInParts.argtypes = [floats, i64, ints, i64, *4 * [i32], floats, ints, floats]
    return loaded


def barycentrics_at(core, corners, px, py):
    b, jacobian = np.zeros(3), np.zeros([3, 3, 3])
    exists = core.BarycentricsAt(np.ascontiguousarray(corners, np.float64), px, py, b, jacobian)
    return (b, jacobian) if exists else None


def rasterize(core, clip, triangles, width=50, height=50, culling=0, parts=1):
    """Returns barycentrics [H, W, 3], ids (-1 where nothing is) and depths [H, W]."""
    out = (
        np.empty([height, width, 3], np.float32),
        np.empty([height, width], np.int32),
        np.empty([height, width], np.float32),
    )
    core.RasterizeInParts(
        clip, len(clip), triangles, len(triangles), width, height, culling, parts, *out
    )
    return out


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


@pytest.mark.parametrize("parts", [2, 3, 64])
def test_division_into_parts_changes_no_bit(core, parts):
    clip = meshes.project(meshes.sphere()[0] @ meshes.rotation(0.3, 0.5, 0.1).T)
    whole = rasterize(core, clip, meshes.sphere()[1])
    divided = rasterize(core, clip, meshes.sphere()[1], parts=parts)
    for one, other in zip(whole, divided, strict=True):
        np.testing.assert_array_equal(one, other)


def digest(library):
    """Returns the instruction set, and a hash of what a few meshes look like."""
    core = load(library)
    scenes = [meshes.random_clip_triangles(seed, 200, behind_eye=True) for seed in range(3)]
    for distance in (1.5, 4.0):
        vertices, triangles = meshes.sphere(60, 80)
        turned = vertices @ meshes.rotation(0.3, 0.5, 0.1).T
        scenes.append((meshes.project(turned, distance=distance), triangles))
    content = [array.tobytes() for scene in scenes for array in rasterize(core, *scene)]
    return core.InstructionSet().decode(), hashlib.sha256(b"".join(content)).hexdigest()


def test_all_instruction_sets_give_the_same_bits(library):
    program = (
        f"from tests.mesh_renderer import test_core;print(*test_core.digest({str(library)!r}))"
    )
    digests = {}
    for name in ("baseline", "avx2", "avx512"):
        environment = dict(
            os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)), MESH_RENDERER_ISA=name
        )
        output = subprocess.check_output([sys.executable, "-c", program], env=environment)
        instruction_set, digests[name] = output.decode().split()
        assert instruction_set in (name, "baseline")
    assert len(set(digests.values())) == 1, digests


def test_code_for_one_instruction_set_is_not_shared(tmp_path):
    """A weak symbol could be linked into the path of processors that cannot run it."""
    if shutil.which("nm") is None:
        pytest.skip("needs nm, of binutils")
    for path, flags in build_kernels.core_sources():
        if not flags:
            continue
        target = tmp_path / f"{path.stem}.o"
        subprocess.run(["g++", *build_kernels.FLAGS, *flags, "-c", path, "-o", target], check=True)
        symbols = subprocess.check_output(["nm", "-C", "--defined-only", "--extern-only", target])
        (only,) = symbols.decode().splitlines()
        assert only.endswith(f"{path.stem.removeprefix('kernels_')}::kKernels")


def test_culling(core):
    vertices, triangles = meshes.sphere()
    clip = meshes.project(vertices @ meshes.rotation(0.3, 0.5, 0.1).T)
    both, back, front = (rasterize(core, clip, triangles, culling=c)[1] for c in range(3))
    # From outside a closed mesh shows its front, the side of counter-clockwise corners.
    np.testing.assert_array_equal(back, both)
    assert ((front >= 0) == (both >= 0)).mean() > 0.98
    assert not np.intersect1d(front[front >= 0], back[back >= 0]).size
    np.testing.assert_array_equal(
        rasterize(core, clip, np.ascontiguousarray(triangles[:, ::-1]), culling=2)[1], both
    )
