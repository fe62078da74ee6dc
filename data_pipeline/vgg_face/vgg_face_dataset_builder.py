"""The VGG-Face dataset (Parkhi, Vedaldi and Zisserman 2015) for TensorFlow Datasets.

This folder needs nothing but TensorFlow Datasets: copied anywhere it is built by `tfds build`.
"""

import hashlib
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl import logging
from etils import epath

# Of 100 people so many are held out for each of these splits; all others are for training.
_HELD_OUT = {"validation": 5, "test": 5}
# Another seed would hold out other people; a dataset with another one is another version.
_SPLIT_SEED = 0


class Builder(tfds.core.GeneratorBasedBuilder):
    """Builds the dataset from its listing and the images that are on disk."""

    # Version 4.9.10 looks for it by a package that it does not bring.
    code_path = epath.Path(__file__)
    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "The listing of 2015, in splits by identity."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    The dataset is a listing of addresses, which is downloaded from
    https://www.robots.ox.ac.uk/~vgg/data/vgg_face/ (vgg_face_dataset.tar.gz), and the images behind
    them, which everybody downloads for themselves; many of the addresses are dead. Before the
    dataset is built, `manual_dir` must hold, itself or in a folder `vgg_face_dataset`:

      files/<Person_Name>.txt          the listing, one file for each of 2,622 people
      images/<Person_Name>/<id>.jpg    the images, named by the first field of their rows

    Images that are missing, and files that are no images, are left out and counted.
    """

    def _info(self) -> tfds.core.DatasetInfo:
        """Describes the dataset."""
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg"),
                    "file": tfds.features.Text(),
                    "identity": tfds.features.Text(),
                    # Left, top, right, bottom of the face in pixels.
                    "box": tfds.features.Tensor(shape=(4,), dtype=np.float32),
                    "pose": np.float32,
                    "detection_score": np.float32,
                    "curated": np.bool_,
                    "url": tfds.features.Text(),
                }
            ),
            supervised_keys=("image", "identity"),
            homepage="https://www.robots.ox.ac.uk/~vgg/data/vgg_face/",
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict:
        """Returns the generator of each split; no person is in two of them."""
        folder = epath.Path(dl_manager.manual_dir)
        if (folder / "vgg_face_dataset").exists():
            folder = folder / "vgg_face_dataset"
        images = folder / "images"
        listings = [
            listing
            for listing in sorted((folder / "files").glob("*.txt"))
            if any((images / listing.stem).glob("*.jpg"))
        ]
        if not listings:
            raise FileNotFoundError(
                f"{folder}: no listing of VGG-Face with images; {self.MANUAL_DOWNLOAD_INSTRUCTIONS}"
            )
        splits = {name: [] for name in ("train", *_HELD_OUT)}
        for listing in listings:
            splits[split_of(listing.stem)].append(listing)
        # A split without examples is an error: of few people there may be none to hold out.
        return {name: self._generate_examples(images, own) for name, own in splits.items() if own}

    def _generate_examples(
        self, images: epath.Path, listings: list[epath.Path]
    ) -> Iterator[tuple[str, dict]]:
        """Yields the examples of some people, whose listings are given."""
        for listing in listings:
            left_out = 0
            for image_id, example in _rows(listing):
                name = f"{listing.stem}/{image_id}"
                path = images / f"{name}.jpg"
                if _is_image(path):
                    yield name, example | {"image": path, "file": f"images/{name}.jpg"}
                else:
                    left_out += 1
            logging.info("%s: %d images are missing or damaged", listing.stem, left_out)


def split_of(identity: str) -> str:
    """Returns the split of a person: a function of the name alone, whoever else is there."""
    digest = hashlib.sha256(f"{_SPLIT_SEED} {identity}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % 100
    for name, share in _HELD_OUT.items():
        if place < share:
            return name
        place -= share
    return "train"


def _rows(listing: epath.Path) -> Iterator[tuple[str, dict]]:
    """Yields id and example of each row `id [uid] url left top right bottom pose score curation`.

    Rows that are damaged are left out, and an id that stands there twice counts once.
    """
    seen = set()
    for line in listing.read_bytes().decode("utf-8", "replace").splitlines():
        fields = line.split()
        try:
            image_id, url, numbers = fields[0], fields[-8], np.float32(fields[-7:])
        except (IndexError, ValueError):
            continue
        if len(fields) not in (9, 10) or not image_id.isalnum() or image_id in seen:
            continue
        seen.add(image_id)
        yield (
            image_id,
            {
                "identity": listing.stem,
                "box": numbers[:4],
                "pose": numbers[4],
                "detection_score": numbers[5],
                "curated": bool(numbers[6]),
                "url": url,
            },
        )


def _is_image(path: epath.Path) -> bool:
    """Says whether a file is there and can be decoded to the end."""
    if not path.exists():
        return False
    try:
        tf.io.decode_jpeg(path.read_bytes(), channels=3)
    except tf.errors.InvalidArgumentError:
        return False
    return True
