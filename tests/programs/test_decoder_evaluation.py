"""The evaluation of decoders, from photographs to a report."""

import dataclasses
import itertools
import json
import pathlib
import shutil
import types

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import eval
import open_parts
from evaluation import recognition
from evaluation.likeness import judge_photographs
from flag_sets import EncoderOptions, PhotographOptions
from model import identity, rendered_views
from model.decoder import Decoder
from model.decoder_io import load_decoder, save_decoder
from model.face_models.load import load_face_model
from model.shading import Shading
from model.trained import Parts
from programs import decoder_evaluation, robustness_section, tone_types_section, workbench
from programs.ablation_runs import RUNS, AblationOptions
from programs.decoder_evaluation import BENCHMARKS
from programs.judges import Judge, judge_faces
from programs.known_shapes_section import known_shapes
from programs.photo_damages import DAMAGES
from programs.robustness_section import SCENES
from programs.short_names import short_names
from programs.workbench import YAWS_DEG, Options, Workbench

# The benchmarks of this test; those of scans and known faces have tests of their own.
PHOTOGRAPHS = ("recognition", "clustering", "tone", "robustness", "ablation", "sheets")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """Two decoders with fresh weights: what they make of a face is arbitrary."""
    face_model = load_face_model(open_parts.FACE_MODEL)
    encoder = identity.load("openvino_ir", open_parts.ENCODER)
    folder = tmp_path_factory.mktemp("run")
    for seed, name in enumerate(("decoder_stage1", "decoder")):
        tf.keras.utils.set_random_seed(seed)
        decoder = Decoder(
            encoder.feature_size, face_model.shape_components, face_model.texture_components
        )
        save_decoder(folder / f"{name}.npz", decoder, face_model, encoder)
    for run, name in zip(RUNS, itertools.cycle(("decoder_stage1", "decoder")), strict=False):
        (folder / "ablation" / run).mkdir(parents=True)
        shutil.copy(folder / f"{name}.npz", folder / "ablation" / run / "decoder.npz")
    return folder


@pytest.fixture
def dataset(tmp_path):
    """Four people, one of them with two photographs, and a photograph without a face."""
    names = sorted(path.name for path in open_parts.PHOTOS.glob("*.jpg"))[:5]
    header, *rows = (open_parts.LANDMARKS).read_text().splitlines()
    points = {row.split(",")[0]: row.split(",", 1)[1] for row in rows}
    lines = [header]
    for name, person in zip(names, ["a", "a", "b", "c", "d"], strict=True):
        (tmp_path / "photos" / person).mkdir(parents=True, exist_ok=True)
        shutil.copy(open_parts.PHOTOS / name, tmp_path / "photos" / person / name)
        lines.append(f"{person}/{name},{points[name]}")
    (tmp_path / "photos" / "e").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "photos" / "e" / "nobody.png")
    (tmp_path / "points.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def _options(checkpoints, dataset, **changes):
    photographs = PhotographOptions(
        folder=dataset / "photos",
        photo_list=None,
        split=None,
        landmarks=str(dataset / "points.csv"),
        cache=changes.pop("cache", None),
    )
    options = Options(
        output=dataset / "report",
        checkpoints=[checkpoints / "decoder_stage1.npz", checkpoints],
        benchmark="all",
        photographs=photographs,
        parts=Parts(),
        scorer=EncoderOptions("openvino_ir", open_parts.SCORER, "penultimate"),
        compare=None,
        must_improve=False,
        sheet_faces=3,
        ablation=AblationOptions(checkpoints / "ablation", steps=1),
    )
    return dataclasses.replace(options, **changes)


def test_every_benchmark_is_offered():
    assert tuple(decoder_evaluation.BENCHMARKS) == eval.BENCHMARKS


def _labels(dataset):
    """Says of all photographs who is on them, and calls one of the people dark."""
    rows = [path.relative_to(dataset / "photos") for path in (dataset / "photos").rglob("*.*g")]
    cells = [f"{name.as_posix()},{int(name.parts[0] == 'b')},{name.parts[0]}" for name in rows]
    (dataset / "labels.csv").write_text("\n".join(["file,dark,person", *cells]) + "\n")
    return str(dataset / "labels.csv")


def test_end_to_end(checkpoints, dataset, capsys, monkeypatch):
    # One of each kind is enough here.
    monkeypatch.setattr(robustness_section, "DAMAGES", {"blur": DAMAGES["blur"]})
    monkeypatch.setattr(robustness_section, "SCENES", {"pose": SCENES["pose"]})
    monkeypatch.setattr(tone_types_section, "FACES", 1)
    monkeypatch.setattr(tone_types_section, "SCENES", 2)
    on_photographs = {name: BENCHMARKS[name] for name in PHOTOGRAPHS} | {"known": (known_shapes,)}
    monkeypatch.setattr(decoder_evaluation, "BENCHMARKS", on_photographs)
    decoder_evaluation.run(_options(checkpoints, dataset, labels=_labels(dataset)))
    report = dataset / "report"
    metrics = json.loads((report / "metrics.json").read_text())
    assert set(metrics["decoders"]) == {"decoder_stage1", "decoder"}
    for tone in metrics["tone"].values():
        assert 20 < tone["scores"]["photographed_lightness"] < 95
        assert 0 <= tone["scores"]["far"] <= 1
        assert 0 < tone["luminance"]["low"] <= tone["luminance"]["high"] < 1
        assert 0 < tone["steadiness"]["movement"] < 50
    for decoder in metrics["decoders"].values():
        for judge in ("encoder", "scorer"):
            measured = decoder[judge]
            # The miss is a query, but nothing that could be found.
            assert measured["recall"]["queries"] == 6
            assert measured["recall"]["photographs"] == 5
            assert measured["recall"]["random_top_1"] == pytest.approx(1 / 4)
            assert measured["cosine"]["yaw_0"]["count"] == 6
            assert -1 < measured["cosine"]["yaw_30"]["mean"] < 1
            assert measured["earth_movers_distance"]["same"] > 0
        assert set(decoder["coefficients"]) == {"shape", "texture"}
    for judge in ("encoder", "scorer"):
        gain = metrics["gains"][judge]["decoder over decoder_stage1"]
        before, after = (
            metrics["decoders"][name][judge]["cosine"]["yaw_0"]["mean"]
            for name in ("decoder_stage1", "decoder")
        )
        assert gain["mean"] == pytest.approx(after - before, abs=1e-6)
        assert gain["low"] <= gain["mean"] <= gain["high"]
    assert any("The scorer enters no loss" in limit for limit in metrics["limits"])
    for decoder in metrics["decoders"].values():
        # One person has two photographs, and each of them is a query.
        assert decoder["scorer"]["recall_of_others"]["queries"] == 2
    for albedo in ("gray", "mean_texture"):
        for judged in metrics[albedo].values():
            assert -1 < judged["scorer"]["cosine"]["yaw_0"]["mean"] < 1
            # The own shape finds the own face in color more often than the photograph.
            assert judged["encoder"]["limit"]["top_1"] > judged["encoder"]["recall"]["top_1"]
    for curves in metrics["robustness"].values():
        assert set(curves) == {"blur", "pose"}
        assert all(-1 < level["mean"] <= 1 for level in curves["pose"]["cosine"])
    assert 0 < metrics["tone_types"]["decoder, read as photos"]["mean"] < 180
    assert metrics["rejected"] == {"e/nobody.png": "no row in the file of landmarks"}
    for judge, scores in metrics["frontal_cosines"].items():
        assert scores["photographs"][-1] == "e/nobody.png" and scores["cosines"]["decoder"][-1] == 0
        mean = metrics["decoders"]["decoder"][judge]["cosine"]["yaw_0"]["mean"]
        assert np.mean(scores["cosines"]["decoder"]) == pytest.approx(mean)

    ablated = metrics["ablation"]
    assert set(ablated["decoders"]) == set(RUNS.values())
    gains = {pair: gain["mean"] for pair, gain in ablated["gains"]["scorer"].items()}
    # The full run and the one with one view are copies of one decoder here.
    assert gains["full over one view"] == 0 != gains["full over without loopback"]
    for sheet in ("contact_sheet", "views", "styles", "ablation"):
        assert np.asarray(Image.open(report / f"{sheet}.jpg")).ndim == 3
    page = (report / "report.html").read_text()
    assert "Identity recall" in page and "data:image/jpeg" in page
    assert page.count("data-mesh=") == len(json.loads(_meshes_of(page))["meshes"]) == 19
    statement = "By the scorer, photograph and render of decoder have an average similarity of"
    assert statement in page and statement in (report / "tables.md").read_text()
    printed = capsys.readouterr().out
    assert "scorer: decoder" in printed and "counts as a miss" in printed

    # The photograph without a face is of e.
    assert list(metrics["groups"]["person"]) == ["a", "b", "c", "d", "e"]
    by_decoder = {value: own["decoder"] for value, own in metrics["groups"]["dark"].items()}
    assert [by_decoder[dark]["photographs"] for dark in "01"] == [5, 1]
    means = [own["scorer"]["cosine"]["yaw_0"]["mean"] for own in by_decoder.values()]
    cosines = metrics["frontal_cosines"]["scorer"]["cosines"]["decoder"]
    assert (5 * means[0] + means[1]) / 6 == pytest.approx(np.mean(cosines))
    assert 0 <= metrics["tone"]["decoder"]["scores"]["auc_lightness"]["mean"] <= 1
    assert metrics["photographed_tone"]["scores"]["rank_correlation"] == pytest.approx(1)
    assert metrics["photographed_tone"]["steadiness"]["by_change"]["exposure +1/2 stop"] > 3
    assert "dark 1: decoder" in printed


def _meshes_of(page):
    return page.split('id="meshes">')[1].split("</script>")[0]


def test_an_evaluation_that_was_stopped_goes_on(checkpoints, dataset, monkeypatch):
    """What was drawn, encoded and judged once is not drawn, encoded and judged again."""
    options = _options(checkpoints, dataset, benchmark="recognition")

    def stop(bench):
        raise KeyboardInterrupt

    own = decoder_evaluation.BENCHMARKS["recognition"]
    stopped = {"recognition": (own[1], stop)}
    monkeypatch.setattr(decoder_evaluation, "BENCHMARKS", stopped)
    with pytest.raises(KeyboardInterrupt):
        decoder_evaluation.run(options)
    assert not (options.output / "metrics.json").exists()

    def refuse(*arguments):
        raise AssertionError("computed again")

    monkeypatch.setattr(decoder_evaluation, "BENCHMARKS", {"recognition": own[1:]})
    monkeypatch.setattr(rendered_views.FixedViews, "embeddings", refuse)
    monkeypatch.setattr(workbench, "_features", refuse)
    decoder_evaluation.run(options)
    assert (options.output / "metrics.json").exists()


def test_labels_that_do_not_fit_are_refused_before_anything_is_measured(checkpoints, dataset):
    labels = dataset / "labels.csv"
    labels.write_text("file,dark\nelsewhere.jpg,1\n")
    with pytest.raises(ValueError, match="no label of any of the 6 photographs"):
        decoder_evaluation.run(_options(checkpoints, dataset, labels=str(labels)))
    with pytest.raises(ValueError, match="give both"):
        decoder_evaluation.run(_options(checkpoints, dataset, group_by=["dark"]))
    assert not (dataset / "report").exists()


def test_compares_with_an_earlier_evaluation(checkpoints, dataset, capsys):
    """With itself: the gain is 0, over the decoder before it as within one run."""
    decoder_evaluation.run(_options(checkpoints, dataset, benchmark="recognition"))
    within = json.loads((dataset / "report" / "metrics.json").read_text())["gains"]["scorer"]
    capsys.readouterr()
    later = {"compare": str(dataset / "report"), "output": dataset / "later"}
    later["benchmark"] = "clustering"
    cache = str(dataset / "report" / "cache")
    decoder_evaluation.run(_options(checkpoints, dataset, cache=cache, **later))
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if "the earlier" in line]
    rows = {" ".join(row[:-3]): [float(value) for value in row[-3:]] for row in rows}
    assert rows["scorer: decoder over the earlier decoder"] == [0, 0, 0]
    expected = list(within["decoder over decoder_stage1"].values())
    assert rows["scorer: decoder over the earlier decoder_stage1"] == pytest.approx(
        expected, abs=6e-4
    )


def test_a_decoder_that_is_no_better_than_the_one_before_fails(capsys):
    def results(*means):
        summaries = (recognition.summarize(np.array([mean])) for mean in means)
        return {
            str(k): types.SimpleNamespace(summaries={0: summary})
            for k, summary in enumerate(summaries)
        }

    decoder_evaluation.check_improvement(results(0.1, 0.2, 0.3))
    assert "0 0.100 < 1 0.200 < 2 0.300" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"2 \(0.200 by the scorer\) is not better than 1"):
        decoder_evaluation.check_improvement(results(0.1, 0.2, 0.2))


def test_names_of_decoders_are_short_and_distinct():
    def names(*paths):
        return short_names([pathlib.Path(path) for path in paths])

    assert names("x/run/decoder_stage1.npz", "x/run/decoder.npz") == ["decoder_stage1", "decoder"]
    assert names("x/a/decoder.npz", "x/b/decoder.npz") == ["a/decoder", "b/decoder"]
    with pytest.raises(ValueError, match="twice"):
        names("a/decoder.npz", "a/decoder.npz")


def test_pictures_of_an_earlier_report_are_no_photographs(checkpoints, dataset):
    options = _options(checkpoints, dataset, benchmark="recognition")
    photographs = dataclasses.replace(options.photographs, folder=options.output)
    with pytest.raises(ValueError, match="need different folders; change --output_dir"):
        decoder_evaluation.run(dataclasses.replace(options, photographs=photographs))
    inside = dataset / "photos" / "report"
    Image.new("RGB", (32, 32)).save(_made(inside) / "contact_sheet.jpg")
    decoder_evaluation.run(dataclasses.replace(options, output=inside))
    assert list(json.loads((inside / "metrics.json").read_text())["rejected"]) == ["e/nobody.png"]


def _made(folder):
    folder.mkdir()
    return folder


def test_each_decoder_is_judged_in_the_shading_of_its_training(checkpoints):
    face_model = load_face_model(open_parts.FACE_MODEL)
    encoder = identity.load("openvino_ir", open_parts.ENCODER)
    decoder = load_decoder(checkpoints / "decoder.npz", face_model, encoder)
    features = np.random.default_rng(0).random((2, encoder.feature_size), np.float32)
    photos = judge_photographs(np.eye(2, encoder.embedding_size, dtype=np.float32), ["a", "b"])
    judge = Judge(encoder, face_model, photos, YAWS_DEG)
    shadings = {space: Shading(space) for space in ("srgb", "linear")}
    faces = dict.fromkeys(shadings, decoder(features, domain="photo"))
    evaluation = judge_faces({"encoder": judge}, faces, shadings)
    srgb, linear = (evaluation.likeness["encoder"][space].scores[0] for space in shadings)
    assert np.abs(srgb - linear).max() > 1e-3


def test_a_scorer_that_was_trained_against_is_called_out(checkpoints, dataset, caplog):
    ours = EncoderOptions("openvino_ir", open_parts.ENCODER, "penultimate")
    assert Workbench(_options(checkpoints, dataset, scorer=ours)).scorer_is_encoder
    assert "trained against" in caplog.text
