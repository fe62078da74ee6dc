"""Photographs of a data set of TensorFlow Datasets, such as lfw, celeb_a or our vgg_face."""

import dataclasses
import functools
import os
import pathlib
import tempfile
from collections.abc import Collection

import numpy as np
import tensorflow_datasets as tfds

from data_pipeline.image_files.opening import open_image
from data_pipeline.image_files.pixels import read_pixels
from data_pipeline.photographs import Listing, Photograph

# Examples that are read at a time: those that follow each other lie in one file.
_CHUNK = 64
# Where data sets say whose photograph an example is, and where the face is.
_IDENTITIES, _BOXES = ("identity", "label"), ("box", "bbox")


@dataclasses.dataclass(frozen=True, slots=True)
class TfdsPhotograph(Photograph):
    """One example; its path is the folder of the prepared data set.

    Attributes:
      split: the split of the data set.
      index: the number of the example in the split.
    """

    split: str = ""
    index: int = 0

    def read(self) -> np.ndarray:
        """Decodes the image, uint8 sRGB [H, W, 3].

        Raises:
          ValueError: it cannot be read as an image.
        """
        chunk = _chunk(os.fspath(self.path), self.split, self.index // _CHUNK)
        try:
            # Opening asks the system for the size of the file.
            with tempfile.TemporaryFile() as file:
                file.write(chunk[self.index % _CHUNK])
                file.seek(0)
                with open_image(file) as image:
                    return read_pixels(image, self.name)
        except Exception as error:
            raise ValueError(f"not a readable image: {error}") from error

    def stamp(self) -> tuple:
        """The version of the data set, which names its folder, and the number."""
        return (*self.path.parts[-2:], self.split, self.index)


def list_tfds(name: str, split: str | None = None, data_dir: str | None = None) -> Listing:
    """Lists the photographs of a data set that was prepared.

    The label of an example is the identity where the data set has one (as text, or by its number).

    Args:
      name: such as "lfw" or "celeb_a", with a configuration or version if need be.
      split: such as "train"; by default all splits.
      data_dir: the folder of data sets; by default that of TensorFlow Datasets.

    Raises:
      ValueError: there is no such data set, it was not prepared, or has no such split or no images.
    """
    try:
        builder = tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except tfds.core.DatasetNotFoundError as error:
        raise ValueError(f"TensorFlow Datasets knows no data set {name!r}") from error
    if not builder.data_path.exists():
        raise ValueError(
            f"{builder.data_path}: the data set {name!r} was not prepared; run: python -c "
            f'"import tensorflow_datasets as tfds; tfds.load({_arguments(name, data_dir)})"'
        )
    if "image" not in builder.info.features:
        raise ValueError(f"the data set {name!r} has no feature 'image'")
    if split is not None and split not in builder.info.splits:
        raise ValueError(
            f"the data set {name!r} has no split {split!r}; it has {', '.join(builder.info.splits)}"
        )
    chosen = [split] if split else sorted(builder.info.splits)
    photographs = [photo for part in chosen for photo in _photographs(builder, part)]
    if not photographs:
        raise ValueError(f"the data set {name!r} has no example in {', '.join(chosen)}")
    return Listing(tuple(photographs))


def _arguments(name: str, data_dir: str | None) -> str:
    return f"'{name}', data_dir='{data_dir}'" if data_dir else f"'{name}'"


def _photographs(builder: tfds.core.DatasetBuilder, split: str) -> list[TfdsPhotograph]:
    features = builder.info.features
    identity = next((key for key in _IDENTITIES if key in features), None)
    box = next((key for key in _BOXES if key in features), None)
    path = pathlib.Path(os.fspath(builder.data_path))
    found = []
    needed = {key for key in (identity, box) if key}
    for index, example in enumerate(_examples(builder, split, needed)):
        whose = _identity(features[identity], example[identity]) if identity else None
        where = tuple(map(float, example[box])) if box == "box" else None
        name = f"{split}/{index:07d}"
        found.append(TfdsPhotograph(path, name, whose, where, split, index))
    return found


def _identity(feature: tfds.features.FeatureConnector, value) -> str:
    if isinstance(feature, tfds.features.FeaturesDict):
        # That of celeb_a has one part, the number of the person.
        return " ".join(_identity(feature[name], value[name]) for name in sorted(value))
    if isinstance(feature, tfds.features.ClassLabel):
        return feature.int2str(int(value))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _examples(builder: tfds.core.DatasetBuilder, split: str, features: Collection[str]):
    """Yields some features of the examples of a split, images as the bytes of their files."""
    chosen = {name: builder.info.features[name] for name in (*features, "image")}
    decoders = tfds.decode.PartialDecoding(chosen, {"image": tfds.decode.SkipDecoding()})
    read = tfds.ReadConfig(interleave_cycle_length=1)
    return tfds.as_numpy(
        builder.as_dataset(split=split, decoders=decoders, shuffle_files=False, read_config=read)
    )


@functools.lru_cache(maxsize=2)
def _chunk(path: str, split: str, number: int) -> list[bytes]:
    builder = tfds.builder_from_directory(path)
    end = min((number + 1) * _CHUNK, builder.info.splits[split].num_examples)
    part = f"{split}[{number * _CHUNK}:{end}]"
    return [example["image"] for example in _examples(builder, part, ())]
