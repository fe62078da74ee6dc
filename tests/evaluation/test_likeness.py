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


def test_photographs_without_a_reconstruction_lower_every_figure_too():
    embeddings, _ = _people()
    identities = [f"person {k // 2}" for k in range(12)]
    renders = np.repeat(embeddings[:, None], 3, axis=1)
    missing = np.arange(12) >= 9
    renders[missing] = np.nan
    result = likeness(judge_photographs(embeddings, identities), renders, _YAWS, missing)
    assert result.summaries[0].mean == result.summaries[30].mean == pytest.approx(0.75)
    # A rank within five must not come of there being few photographs.
    assert [top.mean for top in result.recall.top.values()] == [0.75, 0.75]
    assert result.recall.queries == result.recall_of_others.queries == 12
    assert result.recall_of_others.top[5].mean <= 0.75


def test_parts_of_pairs_on_either_side_of_the_mean_are_those_of_brute_force():
    generator = np.random.default_rng(2)
    people = np.repeat(np.arange(20), 3)
    embeddings = unit(generator.normal(size=[20, 8])[people] + generator.normal(size=[60, 8]))
    renders = unit(embeddings + 0.6 * generator.normal(size=[60, 8]))[:, None]
    result = likeness(judge_photographs(embeddings, list(map(str, people))), renders, (0,))
    mean = np.mean(np.sum(renders[:, 0] * embeddings, axis=1))
    matrix, first, second = embeddings @ embeddings.T, *np.triu_indices(60, 1)
    pairs, alike = matrix[first, second], people[first] == people[second]
    # Cosines are counted in bins of a thousandth.
    assert result.same_below == pytest.approx(np.mean(pairs[alike] < mean), abs=0.02)
    assert result.different_above == pytest.approx(np.mean(pairs[~alike] > mean), abs=0.002)
    assert 0.1 < result.same_below < 1 and result.different_above > 0
