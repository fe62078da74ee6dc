import json
import pathlib
import shutil
import types

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import eval as evaluation_script
import open_parts
from evaluation import recognition
from model import identity
from model.decoder import Decoder
from model.decoder_io import save_decoder
from model.face_models.load import load_face_model


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
    return types.SimpleNamespace(
        **{
            "checkpoint": [str(checkpoints / "decoder_stage1.npz"), str(checkpoints)],
            "face_model": open_parts.FACE_MODEL,
            "identity_encoder": "openvino_ir",
            "identity_weights": open_parts.ENCODER,
            "benchmark": "all",
            "dataset": str(dataset / "photos"),
            "photo_list": None,
            "photo_split": None,
            "landmarks": str(dataset / "points.csv"),
            "photo_cache": None,
            "scorer": "openvino_ir",
            "scorer_weights": open_parts.SCORER,
            "compare": None,
            "must_improve": False,
            "sheet_faces": 3,
            "output_dir": str(dataset / "report"),
            **changes,
        }
    )


def test_end_to_end(checkpoints, dataset, capsys):
    evaluation_script.run(_options(checkpoints, dataset))
    report = dataset / "report"
    metrics = json.loads((report / "metrics.json").read_text())
    assert set(metrics["decoders"]) == {"decoder_stage1", "decoder"}
    for decoder in metrics["decoders"].values():
        for judge in ("encoder", "scorer"):
            figures = decoder[judge]
            # The miss is a query, but nothing that could be found.
            assert figures["recall"]["queries"] == 6
            assert figures["recall"]["photographs"] == 5
            assert figures["recall"]["random_top_1"] == pytest.approx(1 / 4)
            assert figures["cosine"]["yaw_0"]["count"] == 6
            assert -1 < figures["cosine"]["yaw_30"]["mean"] < 1
            assert figures["earth_movers_distance"]["same"] > 0
        assert set(decoder["coefficients"]) == {"shape", "texture"}
    for judge in ("encoder", "scorer"):
        gain = metrics["gains"][judge]["decoder over decoder_stage1"]
        before, after = (
            metrics["decoders"][name][judge]["cosine"]["yaw_0"]["mean"]
            for name in ("decoder_stage1", "decoder")
        )
        assert gain["mean"] == pytest.approx(after - before, abs=1e-6)
        assert gain["low"] <= gain["mean"] <= gain["high"]
    assert metrics["rejected"] == {"e/nobody.png": "no row in the file of landmarks"}
    for judge, scores in metrics["frontal_cosines"].items():
        assert scores["photographs"][-1] == "e/nobody.png" and scores["cosines"]["decoder"][-1] == 0
        mean = metrics["decoders"]["decoder"][judge]["cosine"]["yaw_0"]["mean"]
        assert np.mean(scores["cosines"]["decoder"]) == pytest.approx(mean)

    assert np.asarray(Image.open(report / "contact_sheet.jpg")).ndim == 3
    page = (report / "report.html").read_text()
    assert "Identity recall" in page and "data:image/jpeg" in page
    printed = capsys.readouterr().out
    assert "scorer: decoder" in printed and "counts as a miss" in printed


def test_compares_with_an_earlier_evaluation(checkpoints, dataset, capsys):
    """With itself: the gain is 0, over the decoder before it as within one run."""
    evaluation_script.run(_options(checkpoints, dataset))
    within = json.loads((dataset / "report" / "metrics.json").read_text())["gains"]["scorer"]
    capsys.readouterr()
    later = {"compare": str(dataset / "report"), "output_dir": str(dataset / "later")}
    cache = {"photo_cache": str(dataset / "report" / "cache")}
    evaluation_script.run(_options(checkpoints, dataset, **later, **cache))
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

    evaluation_script.check_improvement(results(0.1, 0.2, 0.3))
    assert "0 0.100 < 1 0.200 < 2 0.300" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"2 \(0.200 by the scorer\) is not better than 1"):
        evaluation_script.check_improvement(results(0.1, 0.2, 0.2))


def test_names_of_decoders_are_short_and_distinct():
    def names(*paths):
        return evaluation_script.short_names([pathlib.Path(path) for path in paths])

    assert names("x/run/decoder_stage1.npz", "x/run/decoder.npz") == ["decoder_stage1", "decoder"]
    assert names("x/a/decoder.npz", "x/b/decoder.npz") == ["a/decoder", "b/decoder"]
    with pytest.raises(ValueError, match="twice"):
        names("a/decoder.npz", "a/decoder.npz")
