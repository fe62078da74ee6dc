"""Dropout by (seed, step): which features are left out, and that all replicas agree."""

import numpy as np
import pytest

from model.dropout import Dropout


def test_the_rate_is_left_out_and_the_mean_stays():
    pattern = Dropout(0.25, seed=3).pattern(20_000, 7).numpy()
    assert set(np.unique(pattern)) == {0.0, np.float32(1 / 0.75)}
    assert np.mean(pattern == 0) == pytest.approx(0.25, abs=0.01)
    assert pattern.mean() == pytest.approx(1.0, abs=0.02)


def test_a_pattern_is_a_function_of_the_seed_and_the_step():
    def pattern(seed, step):
        return Dropout(0.5, seed).pattern(64, step).numpy()

    np.testing.assert_array_equal(pattern(1, 2), pattern(1, 2))
    assert np.any(pattern(1, 2) != pattern(1, 3)) and np.any(pattern(1, 2) != pattern(2, 2))


def test_no_rate_leaves_nothing_out():
    assert Dropout().pattern(8, 0) is None


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_wrong_rate_is_refused(rate):
    with pytest.raises(ValueError, match="dropout is"):
        Dropout(rate)
