"""Expressions by a word, and what is said of those that are none."""

import numpy as np
import pytest

from model.expression_presets import PRESETS, parse_expression
from open_parts import NAMED_EXPRESSIONS


def test_presets_are_made_of_named_expressions():
    with np.load(NAMED_EXPRESSIONS, allow_pickle=False) as arrays:
        kit = {str(name).replace("_L", "Left").replace("_R", "Right") for name in arrays["names"]}
    for name, strengths in PRESETS.items():
        assert strengths and not set(strengths) - kit, name
        assert all(0 < strength <= 1 for strength in strengths.values())


def test_later_words_win():
    assert parse_expression([]) == {}
    assert parse_expression(["jawOpen=0.3", "jawOpen=0"]) == {"jawOpen": 0.0}
    expected = {**PRESETS["kiss"], "mouthPucker": 0.5}
    assert parse_expression(["kiss", "mouthPucker=0.5"]) == expected


@pytest.mark.parametrize("word", ["grin", "", "=1", "jawOpen=", "jawOpen=2", "jawOpen=nan", "a=-1"])
def test_other_words_are_refused(word):
    with pytest.raises(ValueError, match="no expression; name one of smile"):
        parse_expression([word])
