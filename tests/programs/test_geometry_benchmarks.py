"""The benchmarks of scans and of known faces, from options to a report, on a small stand-in."""

import json

import pytest

import open_parts
from flag_sets import EncoderOptions, PhotographOptions
from model.trained import Parts
from programs import decoder_evaluation, micc_section, stand_in_scans, synthetic_section
from programs.geometry_options import GeometryOptions
from programs.scan_likeness_section import GROUND_TRUTH
from programs.workbench import Options, Workbench


def _options(output, benchmark):
    return Options(
        output=output,
        checkpoints=[open_parts.DECODER],
        benchmark=benchmark,
        photographs=PhotographOptions(open_parts.PHOTOS, None, None, None, None),
        parts=Parts(),
        scorer=EncoderOptions("openvino_ir", open_parts.SCORER, "penultimate"),
        compare=None,
        must_improve=False,
        sheet_faces=3,
        geometry=GeometryOptions(scales=("per_mesh",), processes=1),
    )


def test_synthetic_faces(tmp_path, monkeypatch):
    monkeypatch.setattr(synthetic_section, "FACES", 6)
    decoder_evaluation.run(_options(tmp_path, "synthetic"))
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    ours, mean = (metrics["synthetic"][k] for k in ("decoder, read as renders", "mean face"))
    assert 0 < ours["error_mm"] < mean["error_mm"] < 8
    assert len(ours["shape_r2"]) == 100 and metrics["seeds"]["rendered faces"]
    assert (tmp_path / "synthetic_decoder.jpg").is_file()


def test_videos_and_scans_of_a_stand_in(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stand_in_scans, "_PEOPLE", {"micc": 1})
    monkeypatch.setattr(stand_in_scans, "_PICTURES", {"micc": 1})
    # Each comparison takes a second.
    monkeypatch.setattr(micc_section, "FRONTAL", ("frontal1",))
    options = _options(tmp_path, "micc")
    decoder_evaluation.run(options)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    found = {}
    for entry in metrics["micc"]["entries"]:
        found.setdefault(entry["method"], []).append(entry["distance_mm"])
    assert set(found) == {"decoder", "mean face"} and len(found["mean face"]) == 3
    assert all(0.1 < distance < 6 for distances in found.values() for distance in distances)
    assert (tmp_path / "by_subject.csv").read_bytes().count(b"\n") == 1 + 3 + len(found["decoder"])
    scorer = metrics["scan_likeness"]["scorer"]
    assert set(scorer) == {"decoder", GROUND_TRUTH}
    # One person: no pair of different people.
    assert scorer[GROUND_TRUTH]["earth_movers_distance"]["different"] is None
    assert scorer[GROUND_TRUTH]["mean"] > 0.2
    printed = capsys.readouterr().out
    assert "Frames of videos and renders of faces and scans" in printed
    assert any("only have the layout" in limit for limit in metrics["limits"])
    # What was measured is not measured again.
    monkeypatch.setattr("programs.kept_comparisons.measure", pytest.fail)
    again = micc_section.micc(Workbench(options))
    assert json.loads(json.dumps(again.metrics["micc"])) == metrics["micc"]
