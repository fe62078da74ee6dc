"""Comparisons are kept by what they are of."""

import dataclasses

import numpy as np

from evaluation.geometry.protocols import Protocol
from programs import kept_comparisons
from programs.kept_comparisons import KeptComparisons
from tests.evaluation.geometry import shapes
from tests.evaluation.geometry.test_trials import template  # noqa: F401, a fixture

_PROTOCOL = Protocol("whole", "none", "both_surfaces", "mean_point_to_plane")


def test_what_was_compared_is_taken(template, tmp_path, monkeypatch):  # noqa: F811
    face = template.face
    higher = dataclasses.replace(face, surface=face.surface.moved(shapes.some_similarity(1, 0, 2)))
    measured = []
    monkeypatch.setattr(
        kept_comparisons,
        "measure",
        lambda *args: measured.append(args) or real(*args),
    )
    compare = KeptComparisons(tmp_path, _PROTOCOL, template)
    first = compare(higher, face, 1.0)
    again = KeptComparisons(tmp_path, _PROTOCOL, template)(higher, face, 1.0)
    assert len(measured) == 1 and again.distance_mm == first.distance_mm > 0.1
    assert (again.scale, again.warnings) == (first.scale, first.warnings)
    np.testing.assert_array_equal(again.errors_mm, first.errors_mm)
    # Another face, scale, protocol, or point that somebody marked is another comparison.
    compare(face, higher, 1.0)
    compare(higher, face, 1.1)
    compare(dataclasses.replace(higher, nose_tip=higher.nose_tip + 1), face, 1.0)
    other = dataclasses.replace(_PROTOCOL, distance="mean_point_to_point")
    KeptComparisons(tmp_path, other, template)(higher, face, 1.0)
    assert len(measured) == 5


real = kept_comparisons.measure
