"""Where points lie in boxes, by a detector whose boxes are known."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline import calibrate_boxes
from data_pipeline.calibrate_boxes import measure_boxes
from data_pipeline.detected_face import Detection

# Fractions of the box; a mirror image of a face has them too.
PLACES = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)])


class Boxes:
    """Finds a face in every photograph but the white ones; in black ones it lies."""

    def __call__(self, image, name=""):
        height, width = image.shape[:2]
        if image.mean() > 250:
            return []
        points = PLACES * (width - 20, height - 10) + (10, 5)
        # The nose is to the left in one photograph, and to the right in another.
        points[2, 0] += {"a.png": 3, "b.png": -3}.get(name, 0)
        points = points[:, ::-1] if image.mean() < 5 else points
        return [Detection((10, 5, width - 10, height - 5), 1.0, points)]


@pytest.fixture
def photos(tmp_path):
    for name, color in (("a", "gray"), ("b", "gray"), ("c", "white"), ("d", "black")):
        Image.new("RGB", (60, 90), color).save(tmp_path / f"{name}.png")
    (tmp_path / "e.png").write_text("not an image")
    return tmp_path


def test_places_are_averaged_over_faces_that_stand(photos):
    measured = measure_boxes(photos, Boxes())
    np.testing.assert_allclose(measured.points, PLACES, atol=1e-6)
    assert measured.faces == 2
    assert measured.aspect == pytest.approx(40 / 80)


def test_command_prints_them(photos, monkeypatch, capsys):
    monkeypatch.setattr("data_pipeline.mtcnn_detector.MtcnnDetector", Boxes)
    options = calibrate_boxes.make_parser().parse_args([f"--photos={photos}"])
    calibrate_boxes.calibrate(options)
    assert "2 faces, width / height of the box: 0.500" in capsys.readouterr().out


def test_nobody_is_an_error(tmp_path):
    Image.new("RGB", (60, 90), "white").save(tmp_path / "c.png")
    with pytest.raises(ValueError, match="no face found in any photograph"):
        measure_boxes(tmp_path, Boxes())
