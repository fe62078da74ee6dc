"""What the report says in sentences."""

import numpy as np

from evaluation.likeness import judge_photographs, likeness
from programs.recognition_sections import statement


def test_the_statement_of_section_4_3_is_made():
    embeddings = np.eye(6, dtype=np.float32)
    embeddings[1, 0] = 1
    result = likeness(judge_photographs(embeddings, list("aabcde")), embeddings[:, None], (0,))
    assert statement("scorer", "decoder", result) == (
        "By the scorer, photograph and render of decoder have an average similarity of 1.000. Of "
        "the pairs of photographs of one person 100.0% score below that. Of the pairs of "
        "photographs of different people 0.00% score above it."
    )


def test_without_pairs_of_one_person_it_says_so():
    embeddings = np.eye(4, dtype=np.float32)
    result = likeness(judge_photographs(embeddings, list("abcd")), embeddings[:, None], (0,))
    text = statement("scorer", "decoder", result)
    assert "There is no pair of photographs of one person to compare with. Of the pairs" in text
