"""From a made-up VGG-Face to a trained decoder, by way of TensorFlow Datasets and of the folder."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_pipeline.feature_cache import FeatureCache
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photographs import list_photographs
from data_pipeline.preparation_tools import ToolOptions
from data_pipeline.vgg_face.vgg_face_dataset_builder import Builder
from flag_sets import EncoderOptions
from model.decoder_io import read_metadata
from stand_ins.datasets import write_rendered

ROOT = pathlib.Path(__file__).parent.parent
STEPS = (
    "--synthetic_pool=24 --synthetic_batch=4 --photo_batch=2 --moment_batch=4 --views=1 "
    "--photo_crops=1 --stage1_steps=0 --stage2_steps=2 --synthetic_expressions=0.2"
).split()


def run(*arguments):
    command = [sys.executable, *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    return result


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "vgg_face"
    write_rendered(folder, "vgg_face", people=2, photos=3)
    return folder


def test_both_ways_lead_to_one_set_and_to_a_decoder(folder, tmp_path):
    config = tfds.download.DownloadConfig(manual_dir=folder)
    Builder(data_dir=tmp_path / "tfds").download_and_prepare(download_config=config)
    run(
        *("-m", "data_pipeline.prepare", "--tfds=vgg_face", f"--tfds_dir={tmp_path / 'tfds'}"),
        *(f"--output={tmp_path / 'set'}", "--photo_crops=1"),
    )
    tools = ToolOptions(EncoderOptions("openvino_ir", None, "penultimate,pooled:557")).make()
    by_folder = prepare_photographs(
        list_photographs(folder), tools.encoder, tools.detector, tmp_path / "other", ["plain"]
    )
    by_tfds = FeatureCache.open(tmp_path / "set")
    assert len(by_tfds) == len(by_folder) > 3
    assert sorted(by_tfds.identities) == sorted(by_folder.identities)
    crops = [
        {crop.tobytes() for crop in set_.crops(range(len(set_)))} for set_ in (by_tfds, by_folder)
    ]
    assert crops[0] == crops[1]

    result = run(
        "train.py", f"--photos={tmp_path / 'set'}", f"--output_dir={tmp_path / 'run'}", *STEPS
    )
    assert "stage2 2/2" in result.stderr
    assert read_metadata(tmp_path / "run" / "decoder.npz")["notes"]["stage"] == "stage2"
    assert np.isfinite(by_tfds.features[:, 0]).all()
