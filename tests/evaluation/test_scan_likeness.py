"""Renders of scans against frames."""

import numpy as np
import pytest

from evaluation.scan_likeness import FrameScores, scan_likeness_table


def test_a_perfect_render_is_as_alike_as_frames_of_one_person():
    rng = np.random.default_rng(0)
    people = [str(k) for k in range(12) for _ in range(3)]
    identity = np.repeat(rng.normal(size=(12, 32)), 3, axis=0)
    frames = identity + 0.3 * rng.normal(size=identity.shape)
    scores = FrameScores(np.float32(frames), people)
    scores.add("scan", identity + 0.3 * rng.normal(size=identity.shape))
    scores.add("nobody", rng.normal(size=identity.shape))
    same, different = scores.distances("scan")
    assert same < 0.05 < 0.7 < different
    same, different = scores.distances("nobody")
    assert different < 0.1 < 0.6 < same
    metrics = scores.metrics()
    assert metrics["scan"]["earth_movers_distance"]["same"] == scores.distances("scan")[0]
    assert metrics["nobody"]["mean"] == pytest.approx(0, abs=0.15)
    table = scan_likeness_table({"scorer": scores})
    assert [row[0] for row in table.rows] == [
        "scorer: scan",
        "scorer: nobody",
        "scorer: pairs of one person",
        "scorer: pairs of different people",
    ]
    assert table.rows[2][1] == pytest.approx(scores.same.mean)
