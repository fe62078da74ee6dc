"""Photographs are prepared for all judges alike, and what is remarkable about them is said once."""

import logging
import shutil

import open_parts
from data_pipeline.detection import make_detector
from data_pipeline.photographs import list_photographs
from programs.judges import prepare_for_all
from tests.model.fake_identity import FakeIdentityNetwork


def test_what_the_folder_holds_is_said_once(tmp_path, caplog):
    header, first, second, *_ = open_parts.LANDMARKS.read_text().splitlines()
    for row in (first, second):
        shutil.copy(open_parts.PHOTOS / row.partition(",")[0], tmp_path)
    (tmp_path / "notes.txt").write_text("no photograph")
    # A second face in the first photograph.
    table = [header, first, first.partition(",")[0] + "," + second.partition(",")[2], second]
    (tmp_path / "points.csv").write_text("\n".join(table) + "\n")
    networks = {"a": FakeIdentityNetwork(), "b": FakeIdentityNetwork()}
    networks["b"].fingerprint = "another network"
    detector = make_detector(str(tmp_path / "points.csv"))
    with caplog.at_level(logging.INFO):
        caches = prepare_for_all(list_photographs(tmp_path), networks, detector, tmp_path / "cache")
    assert caches["a"].names == caches["b"].names
    assert caches["b"].crops([0, 1]).shape == (2, 32, 32, 3)
    assert caplog.text.count("2 files are no photographs: 1 .txt, 1 .csv") == 1
    assert caplog.text.count("2 faces found") == 1
