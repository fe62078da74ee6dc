"""The checks that every builder of TensorFlow Datasets has to pass."""

import pytest

# The test case of TensorFlow Datasets needs it, and TensorFlow Datasets does not bring it.
pytest.importorskip("dill")

import tensorflow_datasets as tfds

from data_pipeline.vgg_face.vgg_face_dataset_builder import Builder


class VggFaceTest(tfds.testing.DatasetBuilderTestCase):
    """Builds the dataset from its dummy data."""

    DATASET_CLASS = Builder
    # Of four rows of each person one has no image, and one has half an image.
    SPLITS = {"train": 4, "validation": 2, "test": 2}
