"""Edges, neighbors and connected parts of meshes, against trimesh and against naive loops."""

import numpy as np
import pytest
import trimesh

import open_parts
from model.face_model_contents import Cut
from model.face_models.load import read_face_model
from model.mesh_topology import (
    border_edges,
    connected_components,
    connected_surfaces,
    edge_table,
    matching_edges,
    neighbors,
)

# Two triangles with a common edge, one that touches them at vertex 3, one apart; 9 has none.
TRIANGLES = np.array([[0, 1, 2], [2, 1, 3], [3, 4, 5], [6, 7, 8]], np.int32)


def test_edge_table():
    edges, key = edge_table(TRIANGLES, 10)
    assert edges.shape == (12, 2) and edges[4 + 1].tolist() == [1, 3]
    for row, edge in enumerate(edges):
        same = [r for r, other in enumerate(edges) if set(other) == set(edge)]
        assert np.flatnonzero(key == key[row]).tolist() == same


def test_small_mesh():
    assert sorted(map(sorted, neighbors(TRIANGLES).tolist())) == [[0, 1]]
    assert len(matching_edges(TRIANGLES)) == 1
    assert len(border_edges(TRIANGLES)) == 10
    parts = connected_components(TRIANGLES, 10)
    assert len(set(parts[:6])) == 1 and len(set(parts[6:9])) == 1
    assert len(set(parts)) == 3 and np.sum(parts == parts[9]) == 1
    surfaces = connected_surfaces(TRIANGLES)
    assert surfaces[0] == surfaces[1] and len(set(surfaces)) == 3


def test_edge_of_three_triangles():
    triangles = np.array([[0, 1, 2], [1, 0, 3], [0, 1, 4]])
    assert len(matching_edges(triangles)) == 2
    assert len(set(connected_surfaces(triangles))) == 1


@pytest.mark.parametrize("mesh", ["embedded", "ball"])
def test_as_trimesh(mesh):
    if mesh == "ball":
        reference = trimesh.creation.icosphere(2)
        triangles, count = np.asarray(reference.faces), len(reference.vertices)
    else:
        contents = read_face_model(open_parts.FACE_MODEL, Cut(1, 1, 1))
        triangles, count = contents.triangles, contents.n_vertices
        reference = trimesh.Trimesh(contents.shape.mean, triangles, process=False)
    pairs = {tuple(sorted(pair)) for pair in neighbors(triangles).tolist()}
    assert pairs == {tuple(pair) for pair in reference.face_adjacency.tolist()}
    used = np.unique(triangles)
    assert len(np.unique(connected_components(triangles, count)[used])) == reference.body_count
