"""Planted errors are as large as they should be, and trust is what it says."""

import numpy as np
import pytest

from evaluation.geometry.comparison import Measured, trust, trust_table
from evaluation.geometry.face import Face, Template
from evaluation.geometry.planted_errors import KINDS, plant, rescanned, true_error
from tests.evaluation.geometry import shapes


@pytest.fixture(scope="module")
def template():
    surface = shapes.face(41)
    x, y = surface.vertices[:, 0], surface.vertices[:, 1]
    modes = np.zeros((2, len(x), 3), np.float32)
    modes[0, :, 2] = 4 * np.exp(-((x / 15) ** 2) - ((y + 2) / 25) ** 2)
    modes[1, :, 1] = 3 * np.exp(-((x / 30) ** 2) - ((y + 42) / 20) ** 2)
    tip = surface.vertices[surface.vertices[:, 2].argmax()]
    regions = {"upper": y > 20, "lower": y < -20}
    return Template(Face(surface, tip, None, "sheet"), modes.reshape(2, -1), regions)


@pytest.mark.parametrize("kind", KINDS)
def test_planted_errors_have_the_wanted_size(template, kind):
    rng = np.random.default_rng(0)
    true = template.face.surface.vertices + 1.5 * template.components[0].reshape(-1, 3)
    wrong = plant(kind, true, template, 0.8, rng)
    assert true_error(wrong, true, template) == pytest.approx(0.8, rel=0.05)
    # A similarity is no error.
    moved = shapes.some_similarity(1.3)(wrong)
    assert true_error(moved, true, template) == pytest.approx(0.8, rel=0.06)


def test_what_slides_stays_on_the_surface(template):
    true = template.face.surface.vertices
    wrong = plant("slides", true, template, 0.8, np.random.default_rng(1))
    gaps = template.face.surface.nearest_hits(wrong).points - wrong
    assert np.linalg.norm(gaps, axis=1).max() < 1e-6


def test_a_new_scan_has_the_same_surface_and_other_vertices(template):
    true = template.face.surface
    scan = rescanned(true.vertices, template, 0.0, np.random.default_rng(2))
    hits = true.nearest_hits(scan.vertices)
    assert np.linalg.norm(hits.points - scan.vertices, axis=1).max() < 1e-6
    nearest = true.vertices[true.nearest_vertices(scan.vertices)]
    assert np.median(np.linalg.norm(nearest - scan.vertices, axis=1)) > 0.3


def test_trust():
    true = np.array([1.0, 2, 3, 1, 2, 3])
    measured = Measured(
        truths=np.array([0, 0, 0, 1, 1, 1]),
        kinds=["a", "a", "a", "b", "b", "b"],
        true_mm=true,
        by_protocol={"good": 2 * true, "blind to b": np.array([1.0, 2, 3, 0.3, 0.2, 0.1])},
    )
    good, blind = (trust(measured, name) for name in measured.by_protocol)
    assert good.correlation == pytest.approx(1) and good.ordered == 1
    assert good.parts == {"a": pytest.approx(2), "b": pytest.approx(2)}
    assert blind.ordered == 0.5 and blind.correlation < 0.7
    assert blind.correlations["b"] == pytest.approx(-1) and blind.parts["b"] == pytest.approx(0.1)
    table = trust_table({"good": good}, 6, 2, "sheets")
    assert table.columns[-2:] == ["a", "b"] and table.rows[0][3] == 1
