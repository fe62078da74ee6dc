"""Meshes on the page of a report."""

import base64
import dataclasses

import numpy as np
import pytest
import trimesh

from evaluation.turning_mesh import (
    UNKNOWN,
    TurningMesh,
    distance_mesh,
    encode_meshes,
    gradient,
    thinned,
)

_SPHERE = trimesh.creation.icosphere(3)


def _mesh(sphere=_SPHERE, scale=1.0, shift=(0, 0, 0)):
    vertices = sphere.vertices * scale + shift
    colors = np.uint8((sphere.vertices + 1) * 127)
    return TurningMesh("sphere", vertices, sphere.faces, colors)


def _decoded(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def test_meshes_come_back_as_they_were_but_for_size_and_place():
    encoded = encode_meshes([_mesh(scale=80.0, shift=(5, 600, -3))])["meshes"][0]
    positions = _decoded(encoded["positions"], "<i2").reshape(-1, 3) / 32767
    # The sphere around the box of a unit sphere has the radius of the square root of 3.
    np.testing.assert_allclose(positions * 3**0.5, _SPHERE.vertices, atol=1e-4)
    colors = _decoded(encoded["colors"], np.uint8).reshape(-1, 3)
    np.testing.assert_array_equal(colors, _mesh().colors)


def test_what_fills_the_view_is_said_in_radii_of_the_mesh():
    mesh = _mesh(scale=10.0)
    assert encode_meshes([mesh])["meshes"][0]["view"] == pytest.approx([0, 0, 0, 1])
    half = dataclasses.replace(mesh, focus=mesh.vertices[mesh.vertices[:, 0] >= 0])
    view = encode_meshes([half])["meshes"][0]["view"]
    assert view == pytest.approx([5 / 300**0.5, 0, 0, (225 / 300) ** 0.5], abs=1e-6)


def test_triangles_that_meshes_share_are_there_once():
    other = TurningMesh("other", np.eye(3), np.array([[0, 1, 2]]), np.zeros((3, 3), np.uint8))
    encoded = encode_meshes([_mesh(), _mesh(scale=2.0), other])
    assert [mesh["triangles"] for mesh in encoded["meshes"]] == [0, 0, 1]
    first = _decoded(encoded["triangles"][0], "<u4").reshape(-1, 3)
    np.testing.assert_array_equal(first, _SPHERE.faces)


def test_a_fine_mesh_keeps_its_form_and_its_colors_with_fewer_vertices():
    mesh = thinned(_mesh(trimesh.creation.icosphere(5)), most=800)
    assert 200 < len(mesh.vertices) <= 800
    np.testing.assert_allclose(np.linalg.norm(mesh.vertices, axis=1), 1, atol=0.05)
    np.testing.assert_allclose(mesh.colors, (mesh.vertices + 1) * 127, atol=2)
    assert mesh.triangles.max() < len(mesh.vertices)
    solid = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
    assert solid.area == pytest.approx(4 * np.pi, rel=0.1)


def test_distances_become_colors_of_the_scale():
    vertices = np.random.default_rng(0).normal(size=(4, 3))
    values = np.array([0.0, 4.0, 9.0, np.nan])
    mesh = distance_mesh("error", vertices, np.array([[0, 1, 2], [1, 2, 3]]), values, largest=4.0)
    first, last = gradient().split("#")[1][:6], gradient().split("#")[-1][:6]
    assert ["".join(f"{c:02x}" for c in color) for color in mesh.colors[:3]] == [first, last, last]
    assert mesh.colors[3].tolist() == [UNKNOWN] * 3
    with pytest.raises(ValueError, match="3 values for 4 vertices"):
        distance_mesh("error", vertices, np.zeros((0, 3), int), values[:3], 4.0)
