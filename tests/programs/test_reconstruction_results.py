"""What is said at the end of a reconstruction."""

import json

import numpy as np

from model.face_finding import FoundFace
from programs.reconstruction_results import (
    PhotographResult,
    WrittenFace,
    one_line,
    summary,
    to_json,
)

FOUND = FoundFace(np.arange(10, dtype=np.float32).reshape(5, 2), (1.0, 2.0, 30.123, 40.0), 0.99)
RESULTS = [
    PhotographResult("a.jpg", (WrittenFace("a", ("a.glb",), FOUND, ("a note",)),), 3),
    PhotographResult("b.jpg", (), 0, ("no face found",)),
    PhotographResult("c.jpg", (), 0, ("not a readable image: broken",)),
    PhotographResult("d.jpg", (), 0, ("not a readable image: empty",)),
]


def test_the_summary_counts_faces_and_reasons():
    assert summary(RESULTS).splitlines() == [
        "1 face from 1 photograph.",
        "Left out, 2 times: not a readable image.",
        "Left out, once: no face found.",
        "2 further faces were found and not written.",
    ]


def test_the_summary_of_what_went_well_is_one_line():
    face = RESULTS[0].faces[0]
    results = [PhotographResult("a.jpg", (face, face), 2), PhotographResult("b.jpg", (face,), 1)]
    assert summary(results) == "3 faces from 2 photographs."


def test_json_says_where_each_face_was():
    photographs = json.loads(to_json(RESULTS))["photographs"]
    assert [photo["photograph"] for photo in photographs] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    (face,) = photographs[0]["faces"]
    assert photographs[0]["faces_found"] == 3
    assert face["name"] == "a" and face["files"] == ["a.glb"] and face["notes"] == ["a note"]
    assert face["box"] == [1.0, 2.0, 30.12, 40.0] and face["points"][4] == [8.0, 9.0]
    assert photographs[1]["problems"] == ["no face found"] and photographs[1]["faces"] == []


def test_reasons_are_one_line_without_the_path():
    assert one_line("a.jpg", ValueError("a.jpg: is   broken")) == "is broken"
    assert one_line("a.jpg", KeyError()) == "KeyError"
