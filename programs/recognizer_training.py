"""Trains FaceNet NN2 by the triplet loss, from options to files."""

import dataclasses
import json
import logging
import pathlib
from typing import Protocol

import numpy as np
import tensorflow as tf
import tf_keras

from data_pipeline.detection import make_detector
from data_pipeline.feature_cache import FeatureCache, summary
from data_pipeline.identity_batches import (
    CropsOnly,
    People,
    photographed_identities,
    synthetic_identities,
)
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photographs import list_photographs
from evaluation.contact_sheet import contact_sheet
from evaluation.verification import verification
from flag_sets import PhotographOptions, RunOptions
from model import identity
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.identity.canonical_crops import FIVE_POINT_CROP
from model.identity.networks.nn2 import NN2, Nn2Settings
from model.scene_ranges import SceneRanges
from model.shading import Shading
from model.training.cadence import Cadence
from model.training.early_stop import EarlyStop
from model.training.trainer import Stage, train_stage
from model.training.validation import Validation
from model.triplet_trainer import TrainableNn2, TripletTrainer, embed
from programs.output_folder import check_apart, without_results
from storage.atomic import write_bytes, write_text
from storage.images import jpeg

_LOG = logging.getLogger("train_recognizer")
# These offsets give people that are never trained on: no two share a seed.
_VALIDATION_SEED = 1_000_003
_TEST_SEED = 2_000_003
_SHEET_PEOPLE = 8

# Images uint8 [N, S, S, 3], and for each the number of the person whom it shows, int [N].
LabeledImages = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that a training depends on.

    Attributes:
      run: the folder of the run.
      validate_every: steps between validations.
      patience: steps without a better validation after which the training stops.
      image_size: width and height of the images in pixels.
      width: the factor on the network's numbers of filters.
      batch_normalization: whether each convolution is normalized.
      photographs: where people are, or None to draw them of the face model.
      face_model: the file of the face model.
      scenes, shading: how faces of the face model are drawn.
      steps: of the training.
      people, images: P people in a batch, with K images of each.
      held_out: people to validate on.
      margin: of the triplet loss.
      learning_rate: Adam's at the start.
    """

    run: RunOptions
    validate_every: int
    patience: int
    image_size: int
    width: float
    batch_normalization: bool
    photographs: PhotographOptions | None
    face_model: pathlib.Path
    scenes: SceneRanges
    shading: Shading
    steps: int
    people: int
    images: int
    held_out: int
    margin: float
    learning_rate: float


class PeopleSource(Protocol):
    """Where images of people come from."""

    def batches(self, first_step: int) -> tf.data.Dataset:
        """Returns the training's batches from a step on."""

    def held_out(self) -> LabeledImages:
        """Returns images of people to validate on."""

    def test(self) -> LabeledImages:
        """Returns images of people who did not choose the best step either, where there are any."""


class RenderedPeople:
    """People who are random faces of a face model, rendered on the fly."""

    def __init__(self, options: Options, renderer: FaceRenderer):
        """Binds a renderer of the images' size."""
        self._options = options
        self._renderer = renderer

    def batches(self, first_step: int) -> tf.data.Dataset:
        """Returns the training's batches from a step on."""
        return self._faces(self._options.people, self._options.run.seed, first_step)

    def held_out(self) -> LabeledImages:
        """Returns images of people to validate on."""
        return self._take(self._options.run.seed + _VALIDATION_SEED)

    def test(self) -> LabeledImages:
        """Returns images of as many other people, who did not choose the best step either."""
        return self._take(self._options.run.seed + _TEST_SEED)

    def _faces(self, people, seed, first_batch=0):
        options = self._options
        return synthetic_identities(
            self._renderer, people, options.images, seed, first_batch, options.scenes
        )

    def _take(self, seed):
        # In small batches: a batch's pixels with all their attributes lie in memory at once.
        people = np.gcd(self._options.held_out, 50)
        batches = list(self._faces(people, seed).take(self._options.held_out // people))
        images = np.concatenate([np.uint8(batch["images"] * 255 + 0.5) for batch in batches])
        return images, np.concatenate([batch["identity"] for batch in batches])


class PhotographedPeople:
    """People of whom a folder holds several photographs each."""

    def __init__(self, options: Options, cache: FeatureCache):
        """Splits the people whose crops a cache holds.

        Raises:
          ValueError: too few people have several photographs.
        """
        self._options = options
        self._cache = cache
        self._people, self._held_out = People.of(cache).split(options.held_out, options.run.seed)

    def batches(self, first_step: int) -> tf.data.Dataset:
        """Returns the training's batches from a step on."""
        options = self._options
        return photographed_identities(
            self._cache,
            self._people,
            options.people,
            options.images,
            options.run.seed,
            first_step,
        )

    def held_out(self) -> LabeledImages:
        """Returns images of people to validate on."""
        rows = self._held_out.rows
        whose = np.repeat(np.arange(len(rows)), [len(own) for own in rows])
        return self._cache.crops(np.concatenate(rows)), whose

    def test(self) -> LabeledImages:
        """Returns the same: people with several photographs are too few for a third part."""
        return self.held_out()


def open_people(options: Options) -> PeopleSource:
    """Loads a face model, or finds and cuts the faces of photographs once."""
    crop = FIVE_POINT_CROP.resized(options.image_size)
    if options.photographs is None:
        face_model = load_face_model(options.face_model)
        return RenderedPeople(options, FaceRenderer(face_model, crop, options.shading))
    photos = options.photographs
    check_apart(options.run.folder, photos.folder)
    listing = list_photographs(photos.folder, photos.photo_list, photos.split)
    cache = prepare_photographs(
        without_results(listing, options.run.folder),
        CropsOnly(crop),
        make_detector(photos.landmarks),
        options.run.folder / "cache" / "crops",
        variants=(),
        progress=True,
    )
    if cache.rejected:
        _LOG.warning("rejected photographs:\n%s", summary(cache.rejected))
    return PhotographedPeople(options, cache)


def train(options: Options, people: PeopleSource) -> None:
    """Trains until the last step or the early stop, and judges the best network of the run."""
    folder = options.run.folder
    tf_keras.utils.set_random_seed(options.run.seed)
    settings = Nn2Settings(options.image_size, options.width, options.batch_normalization)
    network = TrainableNn2(settings, options.run.seed)
    weights_file = folder / "nn2.npz"
    images, whose = people.held_out()
    _write_sheet(folder / "samples" / "held_out.jpg", images, options.images)

    def measure():
        return dataclasses.asdict(verification(embed(network, images), whose))

    def save():
        NN2.save(weights_file, network.weights_by_name(), settings)

    train_stage(
        Stage("recognizer", options.steps, options.learning_rate, people.batches),
        lambda: TripletTrainer(network, options.margin),
        folder,
        tf.distribute.get_strategy(),
        Cadence(options.run.log_every, options.run.checkpoint_every, options.validate_every),
        Validation(measure, EarlyStop(folder / "best.json", "auc", save, options.patience)),
    )
    _report(folder, weights_file, *people.test())


def _write_sheet(path: pathlib.Path, images: np.ndarray, columns: int) -> None:
    """Writes a contact sheet of the first people, a row each."""
    shown = images[: _SHEET_PEOPLE * columns] / 255.0
    write_bytes(path, jpeg(contact_sheet([shown], faces_per_row=columns)))


def _report(
    folder: pathlib.Path, weights_file: pathlib.Path, images: np.ndarray, whose: np.ndarray
) -> None:
    """Judges the frozen network as others will load it."""
    network = identity.load("nn2", weights_file)
    batches = np.array_split(images, max(1, len(images) // 64))
    embeddings = [network(batch.astype(np.float32) / 255.0).embedding for batch in batches]
    result = dataclasses.asdict(verification(np.concatenate(embeddings), whose))
    people = len(np.unique(whose))
    text = ", ".join(f"{name} {value:.4f}" for name, value in result.items())
    _LOG.info("%s: %d images of %d people: %s", weights_file, len(images), people, text)
    write_text(folder / "metrics.json", json.dumps(result | {"people": people}, indent=2) + "\n")
