"""The table of gradient shares: norms at weight one, as they are weighted, and shares."""

from model.loss_weights import LossWeights
from programs.gradient_shares import table


def _cells(norms, **weights):
    return [line.split() for line in table(norms, LossWeights(**weights))[1:]]


def test_norms_are_weighted_and_compared_with_identity():
    norms = {"parameter": 2.0, "identity": 0.02, "loopback": 10.0}
    assert _cells(norms, identity=300.0, loopback=0.2) == [
        ["identity", "0.02", "300", "6", "60.0%", "1.000"],
        ["parameter", "2", "1", "2", "20.0%", "0.333"],
        ["loopback", "10", "0.2", "2", "20.0%", "0.333"],
    ]


def test_a_term_of_weight_zero_is_shown_too():
    cells = _cells({"parameter": 2.0, "loopback": 10.0}, loopback=0.0)
    assert cells == [
        ["parameter", "2", "1", "2", "100.0%", "–"],
        ["loopback", "10", "0", "0", "0.0%", "–"],
    ]
