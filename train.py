"""Trains a decoder from unlabeled photographs, in the two stages of section 3.3.

Example:
  python train.py --flagfile=configs/photos.cfg --output_dir=runs/photos
"""

import dataclasses
import logging
import pathlib
import sys

import numpy as np
import tensorflow as tf
import tf_keras
from absl import app, flags

import open_parts
import scene_flags
from data_pipeline.batches import PhotoFeatures, training_batches
from data_pipeline.detection import make_detector
from data_pipeline.feature_cache import VARIANTS, summary
from data_pipeline.photographs import list_photographs
from data_pipeline.prepare import prepare_photographs
from data_pipeline.synthetic import SyntheticPool, make_pool
from evaluation.coefficients import coefficient_statistics, r_squared
from evaluation.contact_sheet import contact_sheet
from model import identity
from model.decoder import Coefficients, Decoder
from model.decoder_io import save_decoder
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.feature_normalization import KINDS, AffineMap, fit_normalization
from model.loss_weights import REDUCTIONS, LossWeights
from model.regressor import Regressor
from model.scene import fixed_scene, stack_scenes
from model.training import run_folder
from model.training.cadence import Cadence
from model.training.trainer import Stage, train_stage
from model.training.validation import Validation
from storage.lock import folder_lock

_NORMALIZATION_FACES = 2000
_VALIDATION_FACES = 512
_SAMPLE_FACES = 12

flags.DEFINE_string("output_dir", None, "Folder of the run: checkpoints, logs, the decoder.")
flags.DEFINE_enum("resume", "auto", ["auto", "never", "must"], "Go on from a checkpoint.")
flags.DEFINE_integer("seed", 0, "Seed of everything random.")
flags.DEFINE_enum(
    "strategy", "auto", ["auto", "one_device", "mirrored"], "auto: mirrored if there are two GPUs."
)
flags.DEFINE_integer("log_every", 50, "Steps between progress lines.", lower_bound=1)
flags.DEFINE_integer("checkpoint_every", 250, "Steps between checkpoints.", lower_bound=1)
flags.DEFINE_integer("samples_every", 500, "Steps between contact sheets.", lower_bound=1)

flags.DEFINE_string("face_model", str(open_parts.FACE_MODEL), "Face model (docs/face_models.md).")
flags.DEFINE_integer("shape_components", None, "Keep so many; all by default.", lower_bound=1)
flags.DEFINE_integer("texture_components", None, "Keep so many; all by default.", lower_bound=1)
flags.DEFINE_string("identity_encoder", "openvino_ir", "The frozen recognition network.")
flags.DEFINE_string("identity_weights", str(open_parts.ENCODER), "Its weights.")
flags.DEFINE_string("identity_features", "penultimate", "Which of its tensors are decoded.")

flags.DEFINE_string("photos", str(open_parts.PHOTOS), "Folder of photographs, or VGG-Face layout.")
flags.DEFINE_string("photo_list", None, "CSV: column 'file', optionally 'split'.")
flags.DEFINE_string("photo_split", None, "Train only on the list's rows of this split.")
flags.DEFINE_string("landmarks", None, "CSV of five points a photograph; mtcnn by default.")
flags.DEFINE_string("photo_cache", None, "Feature cache of `prepare`; in the run by default.")
flags.DEFINE_string("cache_dir", None, "Folder of caches to share between runs; in the run.")
flags.DEFINE_integer(
    "photo_crops", 4, "Crops of each photograph: 1 is the aligned one alone.", 1, len(VARIANTS) // 2
)
flags.DEFINE_bool("cache_features", True, "Encode each photograph once, not in every step.")

flags.DEFINE_integer("stage1_steps", 4000, "Steps on synthetic faces alone.", lower_bound=0)
flags.DEFINE_integer("stage2_steps", 800, "Steps on photographs as well.", lower_bound=0)
flags.DEFINE_integer("photo_batch", 8, "Photographs a step.", lower_bound=1)
flags.DEFINE_integer("synthetic_batch", 128, "Synthetic faces a step.", lower_bound=1)
flags.DEFINE_integer("moment_batch", 512, "Photographs for the batch loss alone.", lower_bound=0)
flags.DEFINE_integer("views", 3, "Random poses a photograph.", lower_bound=1)
flags.DEFINE_integer(
    "synthetic_pool", 30000, "Faces cached as features; 0: render on the fly.", lower_bound=0
)

flags.DEFINE_float("shape_weight", 0.4, "omega_s of equation 3.", lower_bound=0)
flags.DEFINE_float("texture_weight", 0.4, "omega_t of equation 3.", lower_bound=0)
flags.DEFINE_float("identity_weight", 300.0, "Of the identity loss.", lower_bound=0)
flags.DEFINE_float("batch_distribution_weight", 2.0, "omega_batch.", lower_bound=0)
flags.DEFINE_float("loopback_weight", 0.07, "omega_loop of equation 2.", lower_bound=0)
flags.DEFINE_float("weight_decay", 0.01, "Of the decoder's squared weights.", lower_bound=0)
flags.DEFINE_enum("loss_reduction", "mean", REDUCTIONS, "Means, or the sums of equation 3.")
flags.DEFINE_float("stage1_learning_rate", 1e-3, "Adam's in stage 1.", lower_bound=0)
flags.DEFINE_float("learning_rate", 5e-4, "Adam's in stage 2.", lower_bound=0)
flags.DEFINE_enum("feature_normalization", "coral", KINDS, "Treatment of the domain gap.")

flags.DEFINE_float(
    "coefficient_radius", 1.25, "Longest shape and texture, in lengths of a random face; 0: any.", 0
)

scene_flags.define()
flags.DEFINE_float("view_yaw", None, "Poses of the identity loss; --yaw by default.", 0.0, 90.0)
flags.DEFINE_float("view_pitch", None, "Likewise; --pitch by default.", 0.0, 90.0)
flags.mark_flag_as_required("output_dir")

FLAGS = flags.FLAGS
_LOG = logging.getLogger("train")
# What a resumed run may change, since it changes no result.
_FREE_FLAGS = frozenset(
    "output_dir resume strategy photo_cache cache_dir".split()
    + "log_every checkpoint_every samples_every".split()
)
# Samples beside those of training: no training sample has these seeds.
_VALIDATION_SEED = 1_000_003
_NORMALIZATION_SEED = 2_000_003


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}; photographs go in by --photos=DIR")
    # Our own progress, without what TensorFlow logs at that level.
    logging.getLogger("model").setLevel(logging.INFO)
    _LOG.setLevel(logging.INFO)
    settings = {flag.name: flag.value for flag in FLAGS.get_key_flags_for_module(argv[0])}
    folder = pathlib.Path(FLAGS.output_dir)
    try:
        with folder_lock(folder):
            run_folder.check(folder, settings, FLAGS.resume, _FREE_FLAGS)
            run = TrainingRun(folder)
            run_folder.write(folder, settings)
            run.train()
    except (OSError, ValueError, FloatingPointError) as error:
        sys.exit(f"train.py: {error}")


class TrainingRun:
    """The objects that the flags ask for, and the two stages."""

    def __init__(self, folder: pathlib.Path):
        self._folder = folder
        self._cache = pathlib.Path(FLAGS.cache_dir) if FLAGS.cache_dir else folder / "cache"
        tf_keras.utils.set_random_seed(FLAGS.seed)
        self._face_model = load_face_model(
            FLAGS.face_model, FLAGS.shape_components, FLAGS.texture_components
        )
        self._encoder = identity.load(
            FLAGS.identity_encoder, FLAGS.identity_weights, FLAGS.identity_features
        )
        self._renderer = FaceRenderer(self._face_model, self._encoder.crop, scene_flags.shading())
        self._scenes = scene_flags.scene_ranges()
        self._view_scenes = dataclasses.replace(
            self._scenes,
            yaw_deg=FLAGS.yaw if FLAGS.view_yaw is None else FLAGS.view_yaw,
            pitch_deg=FLAGS.pitch if FLAGS.view_pitch is None else FLAGS.view_pitch,
        )
        self._photos = prepare_photographs(
            list_photographs(FLAGS.photos, FLAGS.photo_list, FLAGS.photo_split),
            self._encoder,
            make_detector(FLAGS.landmarks),
            FLAGS.photo_cache or self._cache / "photos.h5",
            progress=True,
        )
        if self._photos.rejected:
            _LOG.warning("rejected photographs:\n%s", summary(self._photos.rejected))
        self._pool = None
        if FLAGS.synthetic_pool:
            self._pool = self._make_pool("synthetic", FLAGS.synthetic_pool, FLAGS.seed)
        self._unseen = self._make_pool(
            "validation", _VALIDATION_FACES, FLAGS.seed + _VALIDATION_SEED
        )
        self._strategy = make_strategy(FLAGS.strategy)
        with self._strategy.scope():
            self._decoder = self._make_decoder()

    def train(self) -> None:
        """Both stages, each from its newest checkpoint; writes the decoder of each."""
        stage_1 = Stage(
            "stage1",
            FLAGS.stage1_steps,
            FLAGS.stage1_learning_rate,
            self._batches,
            learning_rate_flag="stage1_learning_rate",
        )
        stage_2 = Stage(
            "stage2",
            FLAGS.stage2_steps,
            FLAGS.learning_rate,
            lambda first_step: self._batches(first_step, with_photos=True),
        )
        for stage, file in ((stage_1, "decoder_stage1.npz"), (stage_2, "decoder.npz")):
            cadence = Cadence(FLAGS.log_every, FLAGS.checkpoint_every, FLAGS.samples_every)
            if stage.steps:
                train_stage(
                    stage,
                    self._make_regressor,
                    self._folder,
                    self._strategy,
                    cadence,
                    Validation(measure=self._figures, draw=self._draw),
                )
            figures = self._figures()
            for name, value in figures.items():
                _LOG.info("%s: %s %.3f", stage.name, name, value)
            notes = {"stage": stage.name, "figures": figures}
            path = self._folder / file
            save_decoder(path, self._decoder, self._face_model, self._encoder, notes)
            _LOG.info("%s: written", path)

    def _make_pool(self, name: str, size: int, seed: int) -> SyntheticPool:
        cache = self._cache / f"{name}.npz"
        return make_pool(self._renderer, self._encoder, size, seed, self._scenes, cache=cache)

    def _make_decoder(self) -> Decoder:
        return Decoder(
            self._encoder.feature_size,
            self._face_model.shape_components,
            self._face_model.texture_components,
            self._fit_normalization(),
            FLAGS.coefficient_radius or None,
        )

    def _fit_normalization(self) -> dict[str, AffineMap] | None:
        if FLAGS.feature_normalization == "none":
            return None
        renders = self._pool or self._make_pool(
            "normalization", _NORMALIZATION_FACES, FLAGS.seed + _NORMALIZATION_SEED
        )
        photos = self._photos.features[:, 0]
        return fit_normalization(FLAGS.feature_normalization, photos, renders.features)

    def _make_regressor(self) -> Regressor:
        weights = LossWeights(
            shape=FLAGS.shape_weight,
            texture=FLAGS.texture_weight,
            identity=FLAGS.identity_weight,
            batch_distribution=FLAGS.batch_distribution_weight,
            loopback=FLAGS.loopback_weight,
            weight_decay=FLAGS.weight_decay,
        )
        return Regressor(
            self._decoder,
            self._encoder,
            self._renderer,
            weights,
            self._view_scenes,
            FLAGS.loss_reduction,
        )

    def _batches(self, first_step: int, with_photos: bool = False) -> tf.data.Dataset:
        photos = None
        if with_photos and FLAGS.cache_features:
            # Two variants a crop: the photograph as it is, and mirrored.
            used = slice(0, 2 * FLAGS.photo_crops)
            photos = PhotoFeatures(self._photos.features[:, used], self._photos.embedding[:, used])
        elif with_photos:
            crops = self._photos.crops(range(len(self._photos)))
            photos = PhotoFeatures(images=crops[:, None])
        return training_batches(
            renderer=self._renderer,
            synthetic_batch=FLAGS.synthetic_batch,
            pool=self._pool,
            photos=photos,
            photo_batch=FLAGS.photo_batch,
            views=FLAGS.views,
            moment_batch=FLAGS.moment_batch,
            scene_ranges=self._scenes,
            seed=FLAGS.seed,
            first_step=first_step,
        )

    def _figures(self) -> dict[str, float]:
        """How well unseen synthetic faces are read, and the moments over the photographs."""
        predicted = self._decoder(self._unseen.features, domain="render")
        shape = r_squared(predicted.shape.numpy(), self._unseen.shape)
        texture = r_squared(predicted.texture.numpy(), self._unseen.texture)
        figures = {
            "r_squared/shape_first_10": float(np.mean(shape[:10])),
            "r_squared/texture_first": float(texture[0]),
        }
        for name, values in self._decoder(self._photos.features[:, 0])._asdict().items():
            statistics = vars(coefficient_statistics(values.numpy()))
            figures |= {f"photos_{name}/{key}": value for key, value in statistics.items()}
        return figures

    def _draw(self) -> tuple[np.ndarray, Coefficients]:
        """A sheet of photograph, frontal and turned render; coefficients of all photographs."""
        coefficients = self._decoder(self._photos.features[:, 0])
        shape, texture = (x[:_SAMPLE_FACES] for x in coefficients)
        scenes = stack_scenes([fixed_scene(0), fixed_scene(30)], len(shape))
        images = self._renderer(shape, texture, scenes).numpy()
        crops = self._photos.crops(range(len(shape))) / 255.0
        return contact_sheet([crops, images[:, 0], images[:, 1]]), coefficients


def make_strategy(name: str) -> tf.distribute.Strategy:
    """The distribution strategy of a flag value."""
    gpus = tf.config.list_logical_devices("GPU")
    if name == "mirrored" or (name == "auto" and len(gpus) > 1):
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


if __name__ == "__main__":
    app.run(main)
