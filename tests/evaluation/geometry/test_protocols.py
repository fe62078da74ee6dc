"""The stages of protocols by known answers, and their combination."""

import dataclasses

import numpy as np
import pytest

from evaluation.geometry.correspondences import CORRESPONDENCES
from evaluation.geometry.crops import CROPS
from evaluation.geometry.distances import distance
from evaluation.geometry.face import Face, Template
from evaluation.geometry.protocols import PROTOCOLS, Protocol, measure
from evaluation.geometry.similarity import Similarity
from evaluation.geometry.surface import Surface
from tests.evaluation.geometry import shapes

_SEVEN = np.array(
    [(-45, 34), (-18, 33), (18, 33), (45, 34), (0, -18), (-25, -42), (25, -42)], float
)
_LANDMARKS = np.column_stack([_SEVEN, shapes.height(*_SEVEN.T)])


def _face(surface, topology="sheet"):
    tip = surface.vertices[surface.vertices[:, 2].argmax()]
    return Face(surface, tip, _LANDMARKS, topology)


@pytest.fixture(scope="module")
def template():
    """The sheet, with two ways in which it varies."""
    surface = shapes.face()
    x, y = surface.vertices[:, 0], surface.vertices[:, 1]
    modes = np.zeros((2, len(x), 3))
    modes[0, :, 2] = 4 * np.exp(-(((x - 0) / 15) ** 2) - ((y + 2) / 25) ** 2)
    modes[1, :, 1] = 3 * np.exp(-((x / 30) ** 2) - ((y + 42) / 20) ** 2)
    regions = {"upper": y > 20, "lower": y < -20}
    return Template(_face(surface), modes.reshape(2, -1).astype(np.float32), regions)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_face_moved_by_a_similarity_is_at_distance_0(template, name):
    prediction = template.face
    scan = prediction.moved(shapes.some_similarity(1.05, 100.0, 600.0))
    found = measure(prediction, scan, PROTOCOLS[name], template, None)
    assert found.distance_mm < 2e-3 and found.scale == pytest.approx(1.05, rel=1e-3)
    assert found.warnings() == []
    assert np.nanmax(found.errors_mm) < 0.02


def test_spheres_differ_by_their_radii_or_by_nothing(template):
    small, large = (
        Face(shapes.sphere(radius), np.zeros(3), np.eye(7, 3) * radius) for radius in (90, 93)
    )
    protocol = Protocol("whole", "icp", "both_surfaces", "mean_point_to_plane")
    rigid = measure(small, large, protocol, template, 1.0)
    assert rigid.distance_mm == pytest.approx(3.0, abs=0.2)
    assert measure(small, large, protocol, template, None).distance_mm < 0.05


@pytest.mark.parametrize("name", ["mean_point_to_plane", "mean_point_to_point"])
@pytest.mark.parametrize("correspond", ["both_surfaces", "both_vertices", "scan_to_surface"])
def test_an_offset_along_the_normals_is_the_distance(template, name, correspond):
    surface = template.face.surface
    raised = Surface(surface.vertices + 1.5 * surface.normals, surface.triangles)
    protocol = Protocol("ball_95", "none", correspond, name)
    found = measure(template.face, _face(raised), protocol, template, 1.0)
    # In a concave fold the closest point is another one, and nearer.
    assert found.distance_mm == pytest.approx(1.5, rel=0.01)


def test_distances_are_those_of_scipy(template):
    """Closest vertices are SciPy's, and their root mean square distance is that of a loop."""
    from scipy.spatial import cKDTree

    prediction, scan = template.face, _face(shapes.face(51, seed=1))
    patch = CROPS["ball_95"](scan, template)["face"]
    pairs = CORRESPONDENCES["prediction_to_vertices"](prediction, scan, patch)
    own = pairs.of_prediction
    inside = scan.surface.cut(patch).vertices
    gaps, nearest = cKDTree(inside).query(own.points)
    np.testing.assert_allclose(own.partners, inside[nearest])
    assert distance("rms_point_to_point", pairs) == pytest.approx(np.sqrt(np.mean(gaps**2)))


def test_what_lies_outside_of_the_intersection_does_not_count(template):
    """A hole in the scan, and a prediction that ends early, change nothing."""
    surface = template.face.surface
    raised = surface.vertices + [0, 0, 2.0]
    hole = np.linalg.norm(surface.vertices - [30, 0, 90], axis=1) > 15
    scan = Face(Surface(raised, surface.triangles).cut(hole), template.face.nose_tip, _LANDMARKS)
    cut = surface.cut(surface.vertices[:, 1] > -50)
    protocol = Protocol("ball_95", "none", "both_surfaces", "mean_point_to_plane")
    whole = measure(template.face, _face(Surface(raised, surface.triangles)), protocol, template, 1)
    part = measure(Face(cut, template.face.nose_tip), scan, protocol, template, 1.0)
    assert part.distance_mm == pytest.approx(whole.distance_mm, rel=0.1)
    assert np.nanmax(part.errors_mm) <= 2.0 + 1e-9


def test_layers_that_a_scanner_cannot_see_do_not_count(template):
    """A second skin 5 mm behind the first one, such as the back of an eyelid."""
    surface = template.face.surface
    patch = surface.cut(np.linalg.norm(surface.vertices - [30, 0, 80], axis=1) < 30)
    both = Surface(
        np.concatenate([surface.vertices, patch.vertices - [0, 0, 5.0]]),
        np.concatenate([surface.triangles, patch.triangles + len(surface.vertices)]),
    )
    protocol = Protocol("ball_95", "none", "both_surfaces", "mean_point_to_plane")
    prediction = Face(both, template.face.nose_tip)
    assert measure(prediction, template.face, protocol, template, 1.0).distance_mm < 1e-6


def test_the_ball_and_the_mask_of_now(template):
    scan = template.face
    ball = CROPS["ball_95"](scan, template)["face"]
    reach = np.linalg.norm(scan.surface.vertices - scan.nose_tip, axis=1)
    assert reach[ball].max() <= 95 < reach[~ball].min()
    mask = CROPS["now_mask"](scan, template)["face"]
    bridge, bottom = (_LANDMARKS[1] + _LANDMARKS[2]) / 2, _LANDMARKS[4]
    radius = 0.7 * (np.linalg.norm(_LANDMARKS[0] - _LANDMARKS[3]) + np.linalg.norm(bridge - bottom))
    reach = np.linalg.norm(scan.surface.vertices - (0.7 * bottom + 0.3 * bridge), axis=1)
    np.testing.assert_array_equal(mask, reach <= radius)


def test_regions_are_carried_over_and_measured_one_by_one(template):
    surface = template.face.surface
    vertices = surface.vertices.copy()
    waves = np.sin(vertices[:, 0] / 3) * np.sin(vertices[:, 1] / 3)
    vertices[:, 2] += np.where(template.regions["lower"], waves, 0.0)
    scan = _face(Surface(vertices, surface.triangles), "own").moved(shapes.some_similarity())
    found = measure(template.face, scan, PROTOCOLS["realy"], template, None)
    assert found.by_patch["upper"] < 0.1 < 0.2 < found.by_patch["lower"]
    assert found.distance_mm == pytest.approx(np.mean(list(found.by_patch.values())))


def test_a_feature_that_sits_elsewhere_is_seen_by_numbers_alone(template):
    """The mouth slides by 4 mm: closest points say little, dense correspondence says how much."""
    mode = template.components[1].reshape(-1, 3)
    vertices = template.face.surface.vertices + 4 / 3 * mode
    own = shapes.height(vertices[:, 0], vertices[:, 1])
    slid = Surface(np.column_stack([vertices[:, :2], own]), template.face.surface.triangles)
    prediction, scan = _face(slid), template.face
    dense = measure(prediction, scan, PROTOCOLS["dense"], template, None).distance_mm
    nearest = measure(prediction, scan, PROTOCOLS["paper"], template, None).distance_mm
    assert dense > 0.3 and nearest < 0.2 * dense


def test_dense_gives_numbers_to_a_mesh_without(template):
    """Another face of the model, with other vertices, gets the numbers of the template."""
    mode = template.components[0].reshape(-1, 3)
    shape = template.face.surface.vertices + 1.5 * mode
    true = Face(Surface(shape, template.face.surface.triangles), None, _LANDMARKS, "sheet")
    fine = shapes.face(91, seed=3)
    x, y = fine.vertices[:, 0], fine.vertices[:, 1]
    fine.vertices[:, 2] += 6 * np.exp(-((x / 15) ** 2) - ((y + 2) / 25) ** 2)
    scan = Face(fine, None, _LANDMARKS).moved(shapes.some_similarity(1.0, 60.0, 300.0))
    found = measure(true, scan, PROTOCOLS["dense"], template, None)
    assert found.distance_mm < 0.25
    mean = measure(template.face, scan, PROTOCOLS["dense"], template, None)
    assert mean.distance_mm > 2 * found.distance_mm


def test_a_fixed_scale_is_kept(template):
    scan = template.face.moved(shapes.some_similarity(1.1))
    for name in ("paper", "now", "dense"):
        found = measure(template.face, scan, PROTOCOLS[name], template, 1.04)
        assert found.scale == pytest.approx(1.04)
        assert found.distance_mm > 0.3


def test_unknown_choices_and_missing_numbers(template):
    with pytest.raises(ValueError, match="align is 'magic', but must be one of icp, "):
        Protocol("ball_95", "magic", "numbers", "mean_point_to_plane")
    with pytest.raises(ValueError, match="must be one of per_mesh, global, none"):
        dataclasses.replace(PROTOCOLS["paper"], scale="some")
    other = dataclasses.replace(template.face, topology="other")
    protocol = dataclasses.replace(PROTOCOLS["dense"], registers=False)
    with pytest.raises(ValueError, match="no common numbers"):
        measure(other, template.face, protocol, template, None)


def test_a_mesh_that_is_far_away_is_named(template):
    away = template.face.moved(Similarity(translation=np.array([5000.0, 0, 0])))
    protocol = dataclasses.replace(PROTOCOLS["paper"], align="none")
    with pytest.raises(ValueError, match="no point of the prediction lies on the scan"):
        measure(away, template.face, protocol, template, 1.0)
