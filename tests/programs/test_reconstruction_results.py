"""What is said at the end of a reconstruction."""

import json

import numpy as np
import pytest

from model.face_finding import FoundFace
from model.fitting.camera import Pose
from model.scene import rotation_matrix
from programs.reconstruction_results import (
    PhotographResult,
    WrittenFace,
    from_json,
    one_line,
    pose_fields,
    summary,
    to_json,
)

FOUND = FoundFace(np.arange(10, dtype=np.float32).reshape(5, 2), (1.0, 2.0, 30.123, 40.0), 0.99)
POSE = Pose(np.eye(3)[None], np.array([900.0]), np.array([[20.0, 30.0]]), 1500.0)
FACE = WrittenFace("a", ("a.glb",), FOUND, POSE, ("a note",)).to_json()
RESULTS = [
    PhotographResult("a.jpg", (FACE,), 3),
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
    results = [PhotographResult("a.jpg", (FACE, FACE), 2), PhotographResult("b.jpg", (FACE,), 1)]
    assert summary(results) == "3 faces from 2 photographs."
    merged = WrittenFace("a", (), FOUND, POSE, merged=("a.jpg", "b.jpg")).to_json()
    assert summary([PhotographResult("a.jpg", (merged,), 1)]) == "1 face from 2 photographs."


def test_json_says_where_each_face_was():
    photographs = json.loads(to_json(RESULTS, {}))["photographs"]
    assert [photo["photograph"] for photo in photographs] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    (face,) = photographs[0]["faces"]
    assert photographs[0]["faces_found"] == 3
    assert face["name"] == "a" and face["files"] == ["a.glb"] and face["notes"] == ["a note"]
    assert face["box"] == [1.0, 2.0, 30.12, 40.0] and face["points"][4] == [8.0, 9.0]
    assert photographs[1]["problems"] == ["no face found"] and photographs[1]["faces"] == []


def test_reasons_are_one_line_without_the_path():
    assert one_line("a.jpg", ValueError("a.jpg: is   broken")) == "is broken"
    assert one_line("a.jpg", KeyError()) == "KeyError"


def test_results_are_read_again():
    made_with, results = from_json(to_json(RESULTS, {"decoder": "d"}))
    assert made_with == {"decoder": "d"} and results == RESULTS


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"photographs": [1], "made_with": {}}', "[" * 9])
def test_other_files_are_no_results(text):
    with pytest.raises(ValueError, match="no results of reconstruct.py"):
        from_json(text)


def test_a_pose_is_told_by_three_angles():
    """As scenes have them, and by a roll that turns clockwise in the picture."""
    roll = np.radians(12)
    lean = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    rotation = lean @ rotation_matrix(np.radians(-40), np.radians(25)).numpy()
    fields = pose_fields(Pose(rotation[None], POSE.focal, POSE.center, 1500.0))
    angles = [fields[f"{name}_deg"] for name in ("yaw", "pitch", "roll")]
    np.testing.assert_allclose(angles, [-40, 25, 12], atol=0.05)
    assert fields["center_pixels"] == [20.0, 30.0] and fields["focal_pixels"] == 900.0
