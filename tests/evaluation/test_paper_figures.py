"""The paper's figures stand beside ours only where the protocol is the same."""

import numpy as np
import pytest

from evaluation.likeness import judge_photographs, likeness
from evaluation.paper_figures import LFW, MOFA_TEST, figures_for
from evaluation.tables import cosine_table, recall_table


def _lfw(people=5749, photographs=13233):
    names = [f"Some_One{k}/Some_One{k}_0001.jpg" for k in range(people)]
    names += [f"Some_One0/Some_One0_{k:04d}.jpg" for k in range(2, 2 + photographs - people)]
    return names, [name.split("/")[0] for name in names]


def test_data_sets_are_known_by_their_sizes_and_names():
    assert figures_for(*_lfw(), "vgg_face") is LFW
    assert figures_for(*_lfw(photographs=12_993), "vgg_face") is LFW
    mofa = [f"{k}.jpg" for k in range(84)], [str(min(k, 77)) for k in range(84)]
    assert figures_for(*mofa, "vgg_face") is MOFA_TEST


def test_other_data_and_other_judges_have_none():
    names, people = _lfw()
    assert figures_for(names, people, "openvino_ir") is None
    assert figures_for(names[:5000], people[:5000], "vgg_face") is None
    renamed = [name.replace("_0001", "-1") for name in names]
    assert figures_for(renamed, people, "vgg_face") is None


@pytest.fixture
def judged():
    embeddings = np.eye(4, dtype=np.float32) + 0.1
    photos = judge_photographs(embeddings, list("aabc"))
    results = {"first": likeness(photos, embeddings[:, None], (0,))}
    results["last"] = results["first"]
    return {"encoder": results, "scorer": results}


def test_the_papers_figures_have_columns_of_their_own(judged):
    table = recall_table(judged, MOFA_TEST)
    rows = {row[0]: row[-2:] for row in table.rows}
    assert table.columns[-2:] == ["paper: Top-1", "paper: Top-5"]
    assert rows["scorer: last"] == [0.87, 0.96] and rows["scorer: guessing"] == [0.01, 0.06]
    assert rows["MoFA, by the paper"] == [0.19, 0.54]
    empty = (
        "scorer: first",
        "encoder: last",
        "encoder: guessing",
        "scorer: last, without the source",
    )
    assert all(rows[name] == [None, None] for name in empty)
    assert {len(row) for row in table.rows} == {len(table.columns)}
    cosines = cosine_table(judged, LFW)
    assert {len(row) for row in cosines.rows} == {len(cosines.columns)}
    assert {row[0]: row[-3:] for row in cosines.rows}["scorer: last"] == [None, 0.14, 0.26]


def test_without_the_papers_data_there_is_no_such_column(judged):
    for table in (recall_table(judged), cosine_table(judged)):
        assert not any("paper" in column for column in table.columns)
