"""Alignment of surfaces: known similarities, spheres, and what the report says."""

import dataclasses

import numpy as np
import pytest
import trimesh

from evaluation.geometry.icp import IcpSettings, align
from evaluation.geometry.similarity import Similarity
from evaluation.geometry.surface import Surface
from tests.evaluation.geometry import shapes


def _off(found, true, points):
    return np.linalg.norm(found(points) - true(points), axis=1).max()


@pytest.mark.parametrize("scale", [1.0, 0.9, 1.15])
def test_the_same_mesh_moved_by_a_similarity_is_brought_back(scale):
    source = shapes.face()
    true = shapes.some_similarity(scale)
    report = align(source, source.moved(true))
    assert report.converged and report.rms_mm < 1e-3
    assert report.similarity.scale == pytest.approx(scale, rel=1e-3)
    assert _off(report.similarity, true, source.vertices) < 0.01


def test_the_same_surface_with_other_vertices_is_brought_back_to_a_thousandth():
    source, true = shapes.face(81), shapes.some_similarity(1.07)
    target = shapes.face(75, seed=0).moved(true)
    report = align(source, target)
    assert report.converged
    assert report.similarity.scale == pytest.approx(1.07, rel=1e-3)
    assert _off(report.similarity, true, source.vertices) < 0.15


def test_trimesh_finds_the_same_similarity():
    """On noise-free data both recover it to 0.1 %, trimesh from a start that is nearly right."""
    source, true = shapes.face(41), shapes.some_similarity(1.07, 3.0, 2.0)
    target = source.moved(true)
    matrix, _, _ = trimesh.registration.icp(
        source.vertices, target.vertices, max_iterations=200, threshold=1e-12, reflection=False
    )
    theirs = np.cbrt(np.linalg.det(matrix[:3, :3]))
    ours = align(source, target).similarity.scale
    assert theirs == pytest.approx(1.07, rel=1e-3) and ours == pytest.approx(1.07, rel=1e-3)


def test_spheres_differ_by_their_radii_or_by_nothing():
    small, large = shapes.sphere(90.0, 4), shapes.sphere(92.0, 4)
    rigid = align(small, large, settings=IcpSettings(with_scale=False, samples=500))
    # The facets of spheres of 2,562 vertices lie up to 0.05 mm below the sphere.
    assert rigid.rms_mm == pytest.approx(2.0, abs=0.05)
    free = align(small, large, settings=IcpSettings(samples=500))
    assert free.rms_mm < 0.01 and free.similarity.scale == pytest.approx(92 / 90, rel=1e-3)


def test_a_part_is_found_in_the_whole_and_does_not_shrink_it():
    """The source reaches far beyond the target, and part of the target is missing."""
    source, true = shapes.face(), shapes.some_similarity(1.05)
    near = np.linalg.norm(source.vertices - [0, 0, 110], axis=1) < 60
    hole = np.linalg.norm(source.vertices - [25, -10, 80], axis=1) < 15
    report = align(source, source.moved(true).cut(near & ~hole))
    assert report.similarity.scale == pytest.approx(1.05, rel=1e-3)


def test_outliers_are_left_out():
    source, true = shapes.face(), shapes.some_similarity()
    vertices = true(source.vertices)
    rng = np.random.default_rng(0)
    cap = np.linalg.norm(source.vertices - [-50, 60, 60], axis=1) < 22
    vertices[cap] += true.rotation @ [0, 0, 15.0] + rng.normal(size=(cap.sum(), 3))
    target, few = Surface(vertices, source.triangles), IcpSettings(samples=800, exact=False)
    report = align(source, target, settings=few)
    assert _off(report.similarity, true, source.vertices[~cap]) < 0.6
    everything = align(source, target, settings=dataclasses.replace(few, trim=0.0))
    assert _off(everything.similarity, true, source.vertices[~cap]) > 0.6


def test_warnings():
    source = shapes.face(31)
    report = align(source, source)
    assert report.warnings() == []
    shrunk = dataclasses.replace(report, similarity=Similarity(0.7))
    assert "the scale is 0.700, outside of 0.8–1.25" in shrunk.warnings()[0]
    assert not dataclasses.replace(report, similarity=Similarity(1.25)).warnings()
    hasty = align(
        source, source.moved(shapes.some_similarity()), settings=IcpSettings(iterations=1)
    )
    assert any("did not converge" in text for text in hasty.warnings())


def test_surfaces_that_do_not_meet():
    source = shapes.face(15)
    away = source.moved(Similarity(translation=np.array([1000.0, 0, 0])))
    with pytest.raises(ValueError, match="do not meet"):
        align(source, away)


def test_it_stops_when_the_distances_do_not_fall_any_more():
    """A mesh with rough skin: pairs change to and fro, and the tolerance is never met."""
    rng = np.random.default_rng(3)
    source = shapes.face(41)
    rough = Surface(source.vertices + rng.normal(0, 1.5, source.vertices.shape), source.triangles)
    report = align(rough, shapes.face(45, seed=1), settings=IcpSettings(tolerance_mm=1e-9))
    assert report.converged and report.iterations < 60
