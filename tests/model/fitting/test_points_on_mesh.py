"""Reading where points lie on a mesh, and what is believed of each."""

import numpy as np
import pytest

from model.fitting.points_on_mesh import BROWS, EYES, OVAL, deviations_mm, read_points_on_mesh


def write(path, **changes):
    arrays = {
        "vertex_indices": np.zeros([468, 3], np.int32),
        "weights": np.full([468, 3], 1 / 3),
        "reliable": np.ones(468, bool),
    }
    np.savez(path, **(arrays | changes))
    return path


def test_brows_and_unreliable_points_say_nothing(tmp_path):
    reliable = np.ones(468, bool)
    reliable[[11, EYES[0][0]]] = False
    points = read_points_on_mesh(write(tmp_path / "points.npz", reliable=reliable), 10)
    assert np.all(np.isinf(points.deviations[list(BROWS)]))
    assert np.all(np.isinf(points.deviations[[11, EYES[0][0]]]))
    assert points.deviations[EYES[1][0]] < points.deviations[OVAL[5]] < np.inf


def test_every_point_of_an_eye_is_precise():
    deviations = deviations_mm(np.ones(468, bool))
    assert len(set(deviations[[*EYES[0], *EYES[1]]])) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": np.zeros([3, 3])}, "weights has shape"),
        ({"vertex_indices": np.full([468, 3], 10)}, "another face model"),
        ({"weights": np.full([468, 3], np.nan)}, "not finite"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path, change, message):
    with pytest.raises(ValueError, match=message) as error:
        read_points_on_mesh(write(tmp_path / "points.npz", **change), 10)
    assert "points.npz" in str(error.value)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "points.npz").write_bytes(b"no zip")
    with pytest.raises(ValueError, match="points.npz"):
        read_points_on_mesh(tmp_path / "points.npz", 10)
