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


# Files that take long begin first, so that no core is idle while the last one runs.
LONGEST = (
    *("model/training/test_train_script.py", "test_vgg_face_to_training.py", "test_train.py"),
    *("export/test_export.py", "programs/test_decoder_evaluation.py", "test_imports.py"),
    *("data_pipeline/test_prepare.py", "data_pipeline/test_prepare_kills.py"),
    *("mesh_renderer/test_fuzz.py", "test_reconstruct.py"),
    *("model/test_triplet_trainer.py", "data_pipeline/test_batches.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts the tests by file: the longest files, in this order, then all others."""
    places = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


@pytest.fixture(scope="session")
def shared_data() -> pathlib.Path:
    """Development data: FACE_DATA, or shared/data beside the checkout; skips where it is absent."""
    folder = pathlib.Path(os.environ.get("FACE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("development data is absent; set FACE_DATA to its folder")
    return folder
