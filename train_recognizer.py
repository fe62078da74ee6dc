"""Trains FaceNet NN2 by the triplet loss, for whoever has no weights of a recognition network.

Examples:
  python train_recognizer.py --output_dir=runs/recognizer
  python train_recognizer.py --output_dir=runs/recognizer --photos=DIR

The first renders faces of a morphable model on the fly; the second takes photographs from a folder
with a subfolder a person. Either writes nn2.npz, which any other command takes by
--identity_encoder=nn2 --identity_weights=FILE.
"""

import dataclasses
import json
import logging
import pathlib
import sys

import numpy as np
import tensorflow as tf
import tf_keras
from absl import app, flags

import open_parts
import scene_flags
from data_pipeline.detection import make_detector
from data_pipeline.feature_cache import summary
from data_pipeline.identity_batches import (
    CropsOnly,
    People,
    photographed_identities,
    synthetic_identities,
)
from data_pipeline.photographs import list_photographs
from data_pipeline.prepare import prepare_photographs
from evaluation.contact_sheet import contact_sheet
from evaluation.verification import verification
from model import identity
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.identity.canonical_crops import FIVE_POINT_CROP
from model.identity.networks.nn2 import NN2, Nn2Settings
from model.training import run_folder
from model.training.callbacks import NonFiniteLossError
from model.training.early_stop import EarlyStop
from model.training.trainer import Cadence, Stage, train_stage
from model.triplet_trainer import Recognizer, TrainableNn2, embed

flags.DEFINE_string("output_dir", None, "Folder of the run: checkpoints, logs, nn2.npz.")
flags.DEFINE_enum("resume", "auto", ["auto", "never", "must"], "Go on from a checkpoint.")
flags.DEFINE_integer("seed", 0, "Seed of everything random.")
flags.DEFINE_integer("log_every", 20, "Steps between progress lines.", lower_bound=1)
flags.DEFINE_integer("checkpoint_every", 100, "Steps between checkpoints.", lower_bound=1)
flags.DEFINE_integer("validate_every", 100, "Steps between validations.", lower_bound=1)
flags.DEFINE_integer("patience", 400, "Steps without a better AUC before the stop.", lower_bound=1)

flags.DEFINE_integer("image_size", 64, "Width and height of the images; 224 in the paper.", 32)
flags.DEFINE_float("width", 0.5, "Factor on the number of filters; 1 in the paper.", 0.01)
flags.DEFINE_bool("batch_normalization", True, "Normalize each convolution; not in the paper.")

flags.DEFINE_string("photos", None, "Folder with a subfolder a person; by default faces are drawn.")
flags.DEFINE_string("photo_list", None, "CSV: column 'file', optionally 'split'.")
flags.DEFINE_string("photo_split", None, "Train only on the list's rows of this split.")
flags.DEFINE_string("landmarks", None, "CSV of five points a photograph; mtcnn by default.")
flags.DEFINE_string("face_model", str(open_parts.FACE_MODEL), "Face model that faces are drawn of.")
scene_flags.define()

flags.DEFINE_integer("steps", 1500, "Steps of training.", lower_bound=1)
flags.DEFINE_integer("identities", 32, "P, people in a batch.", lower_bound=2)
flags.DEFINE_integer("images_per_identity", 4, "K, images of each.", lower_bound=2)
flags.DEFINE_integer("held_out_identities", 250, "People to validate on.", lower_bound=4)
flags.DEFINE_float("margin", 0.2, "Of the triplet loss.", lower_bound=0)
flags.DEFINE_float("learning_rate", 2e-3, "Adam's at the start.", lower_bound=0)
flags.mark_flag_as_required("output_dir")

FLAGS = flags.FLAGS
_LOG = logging.getLogger("train_recognizer")
# What a resumed run may change, since it changes no result.
_FREE_FLAGS = frozenset("output_dir resume log_every checkpoint_every".split())
# Seeds of people that are never trained on.
_VALIDATION_SEED = 1_000_003
_TEST_SEED = 2_000_003
_SHEET_PEOPLE = 8


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}; photographs go in by --photos=DIR")
    # Our own progress, without what TensorFlow logs at that level.
    logging.getLogger("model").setLevel(logging.INFO)
    _LOG.setLevel(logging.INFO)
    settings = {flag.name: flag.value for flag in FLAGS.get_key_flags_for_module(argv[0])}
    folder = pathlib.Path(FLAGS.output_dir)
    try:
        run_folder.settle(folder, settings, FLAGS.resume, _FREE_FLAGS)
        train(folder, Photographs(folder) if FLAGS.photos else Renders())
    except (OSError, ValueError, NonFiniteLossError) as error:
        sys.exit(f"train_recognizer.py: {error}")


class Renders:
    """Faces of a morphable model, rendered on the fly."""

    def __init__(self):
        face_model = load_face_model(FLAGS.face_model)
        crop = FIVE_POINT_CROP.resized(FLAGS.image_size)
        self._renderer = FaceRenderer(face_model, crop, **scene_flags.shading())
        self._scenes = scene_flags.scene_ranges()

    def batches(self, first_step: int) -> tf.data.Dataset:
        """The training's batches from a step on."""
        return self._people(FLAGS.identities, FLAGS.seed, first_step)

    def held_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Images uint8 [N, S, S, 3] of people to validate on, and whose they are."""
        return self._take(FLAGS.seed + _VALIDATION_SEED)

    def test(self) -> tuple[np.ndarray, np.ndarray]:
        """As many of other people, who did not choose the best step either."""
        return self._take(FLAGS.seed + _TEST_SEED)

    def _people(self, people, seed, first_batch=0):
        images = FLAGS.images_per_identity
        return synthetic_identities(self._renderer, people, images, seed, first_batch, self._scenes)

    def _take(self, seed):
        # In small batches: a batch's pixels with all their attributes lie in memory at once.
        people = np.gcd(FLAGS.held_out_identities, 50)
        batches = list(self._people(people, seed).take(FLAGS.held_out_identities // people))
        images = np.concatenate([np.uint8(batch["images"] * 255 + 0.5) for batch in batches])
        return images, np.concatenate([batch["identity"] for batch in batches])


class Photographs:
    """Photographs of a folder, detected and cut once."""

    def __init__(self, folder: pathlib.Path):
        self._cache = prepare_photographs(
            list_photographs(FLAGS.photos, FLAGS.photo_list, FLAGS.photo_split),
            CropsOnly(FIVE_POINT_CROP.resized(FLAGS.image_size)),
            make_detector(FLAGS.landmarks),
            folder / "cache" / "crops.h5",
            progress=True,
        )
        if self._cache.rejected:
            _LOG.warning("rejected photographs:\n%s", summary(self._cache.rejected))
        self._people, self._held_out = People.of(self._cache).split(
            FLAGS.held_out_identities, FLAGS.seed
        )

    def batches(self, first_step: int) -> tf.data.Dataset:
        """The training's batches from a step on."""
        return photographed_identities(
            self._cache,
            self._people,
            FLAGS.identities,
            FLAGS.images_per_identity,
            FLAGS.seed,
            first_step,
        )

    def held_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Images uint8 [N, S, S, 3] of people to validate on, and whose they are."""
        rows = self._held_out.rows
        whose = np.repeat(np.arange(len(rows)), [len(own) for own in rows])
        return self._cache.crops(np.concatenate(rows)), whose

    def test(self) -> tuple[np.ndarray, np.ndarray]:
        """The same: people with several photographs are too few for a third part."""
        return self.held_out()


def train(folder: pathlib.Path, data: Renders | Photographs) -> None:
    """Trains until the last step or the early stop, and judges the best network of the run."""
    tf_keras.utils.set_random_seed(FLAGS.seed)
    settings = Nn2Settings(FLAGS.image_size, FLAGS.width, FLAGS.batch_normalization)
    network = TrainableNn2(settings, FLAGS.seed)
    weights_file, best_file = folder / "nn2.npz", folder / "best.json"
    images, whose = data.held_out()
    write_sheet(folder / "samples" / "held_out.jpg", images)

    def figures():
        return dataclasses.asdict(verification(embed(network, images), whose))

    def early_stop(steps_per_epoch):
        def save():
            NN2.save(weights_file, network.weights_by_name(), settings)

        return EarlyStop(best_file, "auc", save, steps_per_epoch, FLAGS.patience)

    if not (best_file.is_file() and json.loads(best_file.read_text())["stopped"]):
        train_stage(
            Stage("recognizer", FLAGS.steps, FLAGS.learning_rate, data.batches),
            lambda: Recognizer(network, FLAGS.margin),
            folder,
            tf.distribute.get_strategy(),
            Cadence(FLAGS.log_every, FLAGS.checkpoint_every, FLAGS.validate_every),
            figures,
            early_stop=early_stop,
        )
    report(folder, weights_file, *data.test())


def write_sheet(path: pathlib.Path, images: np.ndarray) -> None:
    """A contact sheet of the first people, a row each."""
    columns = FLAGS.images_per_identity
    shown = images[: _SHEET_PEOPLE * columns] / 255.0
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet = contact_sheet([shown], faces_per_row=columns)
    tf.io.write_file(str(path), tf.io.encode_jpeg(sheet, quality=88))


def report(
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
    (folder / "metrics.json").write_text(json.dumps(result | {"people": people}, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
