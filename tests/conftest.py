"""Two logical CPUs for the tests of distribution, and the development data where it is."""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest
import tensorflow as tf

ROOT = pathlib.Path(__file__).parent.parent

# Logical devices cannot be set once TensorFlow is initialized.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


@pytest.fixture(scope="session")
def shared_data() -> pathlib.Path:
    """Development data: FACE_DATA, or shared/data beside the checkout; skips where it is absent."""
    folder = pathlib.Path(os.environ.get("FACE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("development data is absent; set FACE_DATA to its folder")
    return folder
