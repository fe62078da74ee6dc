"""The settings of a run in TensorBoard's table of hyperparameters."""

import tensorflow as tf
from tensorboard.plugins.hparams import plugin_data_pb2

from model.training import hyperparameters


def test_settings_are_found_in_the_events(tmp_path):
    settings = {"views": 3, "yaw": 30.0, "exposure": ["0.6", "1.3"], "held_out": None}
    hyperparameters.write(tmp_path / "run", settings | {"keep_best": True, "optimizer": "adam"})
    found = {}
    for path in (tmp_path / "run" / "tensorboard").glob("events*"):
        for record in tf.data.TFRecordDataset(str(path)):
            for value in tf.compat.v1.Event.FromString(record.numpy()).summary.value:
                content = value.metadata.plugin_data.content
                data = plugin_data_pb2.HParamsPluginData.FromString(content)
                found |= dict(data.session_start_info.hparams)
    kinds = {name: value.WhichOneof("kind") for name, value in found.items()}
    values = {name: getattr(value, kinds[name]) for name, value in found.items()}
    assert values == {
        "views": 3,
        "yaw": 30.0,
        "exposure": "0.6,1.3",
        "keep_best": True,
        "optimizer": "adam",
    }
