import json

import numpy as np
import pytest

from evaluation.likeness import judge_photographs, likeness
from evaluation.recognition import unit

_YAWS = (0, -30, 30)


def _people(count=12, seed=0):
    embeddings = unit(np.random.default_rng(seed).normal(size=[count, 16]))
    return embeddings, [f"person {k}" for k in range(count)]


def test_perfect_renders():
    embeddings, identities = _people()
    renders = np.repeat(embeddings[:, None], 3, axis=1)
    result = likeness(judge_photographs(embeddings, identities), renders, _YAWS)
    assert result.summaries[0].mean == pytest.approx(1.0)
    assert result.summaries[30].mean == pytest.approx(1.0)
    assert [top.mean for top in result.recall.top.values()] == [1, 1]
    assert result.to_same is None
    assert result.to_different > 0.5


def test_views_are_told_apart_and_both_sides_averaged():
    embeddings, identities = _people()
    renders = np.stack([embeddings, -embeddings, embeddings], axis=1)
    result = likeness(judge_photographs(embeddings, identities), renders, _YAWS)
    np.testing.assert_allclose(result.scores[0], 1.0)
    np.testing.assert_allclose(result.scores[30], 0.0, atol=1e-12)


def test_missed_photographs_lower_every_figure():
    embeddings, identities = _people()
    renders = np.repeat(embeddings[:, None], 3, axis=1)
    result = likeness(
        judge_photographs(embeddings, identities, missed=list("wxyz")), renders, _YAWS
    )
    assert result.summaries[0].mean == pytest.approx(0.75)
    assert result.recall.top[1].mean == pytest.approx(0.75)
    assert result.intervals[0].low < 0.75 < result.intervals[0].high
    assert result.recall.queries == 16


def test_metrics_are_json():
    embeddings, identities = _people()
    renders = np.repeat(embeddings[:, None], 3, axis=1)
    result = likeness(judge_photographs(embeddings, identities), renders, _YAWS)
    metrics = json.loads(json.dumps(result.metrics()))
    assert metrics["recall"]["top_1"] == 1.0
    assert metrics["recall_of_others"] is None
    assert metrics["recall"]["random_top_5"] == pytest.approx(5 / 12)
    assert metrics["cosine"]["yaw_30"]["count"] == 12
    assert metrics["cosine"]["yaw_0"]["interval"] == pytest.approx([1, 1])
    assert metrics["recall"]["top_1_interval"] == [1, 1]


def test_frontal_view_is_needed():
    embeddings, identities = _people()
    with pytest.raises(ValueError, match="must be 0"):
        likeness(judge_photographs(embeddings, identities), embeddings[:, None], (30,))
