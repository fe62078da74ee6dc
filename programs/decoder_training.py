"""Trains a decoder in the two stages of section 3.3, from options to files."""

import dataclasses
import logging
import pathlib

import numpy as np
import tensorflow as tf
import tf_keras

from data_pipeline.augmentation import Augmentation
from data_pipeline.augmenter import Augmenter
from data_pipeline.batches import training_batches
from data_pipeline.detection import make_detector
from data_pipeline.feature_cache import (
    ENCODED,
    VARIANTS,
    FeatureCache,
    summary,
)
from data_pipeline.photo_batches import PhotoFeatures
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photo_set import open_photo_set
from data_pipeline.photographs import is_photo_set, list_photographs
from data_pipeline.synthetic_pool import SyntheticPool, make_pool
from evaluation.coefficients import coefficient_statistics, r_squared
from evaluation.contact_sheet import contact_sheet
from flag_sets import EncoderOptions, PhotographOptions, RunOptions
from model import identity
from model.decoder import Coefficients, Decoder, ToneInput
from model.decoder_io import save_decoder
from model.encoding import encode_photographs
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.feature_normalization import AffineMap, fit_normalization
from model.identity.network import IdentityNetwork
from model.loss_weights import LossWeights
from model.morphable_model import MorphableModel
from model.regressor import Regressor
from model.scene import fixed_scene, stack_scenes
from model.scene_ranges import SceneRanges
from model.shading import Shading
from model.tone_calibration import fit_tone_calibration, photographed_cheeks
from model.training.cadence import Cadence
from model.training.trainer import Stage, train_stage
from model.training.validation import Validation
from programs.output_folder import check_apart, without_results

_LOG = logging.getLogger("train")
_NORMALIZATION_FACES = 2000
_VALIDATION_FACES = 512
_SAMPLE_FACES = 12
_CALIBRATION_PHOTOS = 2000
# Statistics over photographs are taken over up to so many of them, whatever their number is.
_MEASURED_PHOTOS = 10_000
# These offsets keep samples that measure apart from those that train: no two share a seed.
_VALIDATION_SEED = 1_000_003
_NORMALIZATION_SEED = 2_000_003


@dataclasses.dataclass(frozen=True)
class FaceModelOptions:
    """The face model's file, and how many of its components are used; None for all."""

    path: pathlib.Path
    shape_components: int | None
    texture_components: int | None


@dataclasses.dataclass(frozen=True)
class BatchOptions:
    """What a training step sees.

    Attributes:
      photos: photographs in a step of stage 2.
      synthetic: synthetic faces in a step.
      moments: further photographs, for the batch distribution loss alone.
      views: random poses of each photograph's face.
      pool: synthetic faces that are rendered and encoded once; 0 renders them on the fly.
      photo_crops: crops of each photograph.
      cache_features: whether photographs are encoded once, instead of in every step.
      augmentation: what is done to photographs that are encoded in every step.
      data_service: the address of a service that renders synthetic faces; None renders them here.
      expressions: the standard deviation of the expressions of synthetic faces; 0 for neutral ones.
    """

    photos: int
    synthetic: int
    moments: int
    views: int
    pool: int
    photo_crops: int
    cache_features: bool
    augmentation: Augmentation = Augmentation()
    data_service: str | None = None
    expressions: float = 0.0

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants of photographs that are encoded."""
        # Each crop has two variants: the photograph as it is, and mirrored.
        return VARIANTS[: 2 * self.photo_crops] if self.cache_features else VARIANTS[:1]


@dataclasses.dataclass(frozen=True)
class StageOptions:
    """The steps of a stage, and Adam's learning rate at its start."""

    steps: int
    learning_rate: float


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that a training depends on.

    Attributes:
      run: the folder of the run.
      samples_every: steps between contact sheets.
      strategy: "auto", "one_device" or "mirrored".
      photographs, face_model, encoder: the parts.
      cache: a folder for features and synthetic faces that runs can share.
      batch: what a step sees.
      stage_1, stage_2: how long each stage trains.
      weights, loss_reduction: see `model.loss_weights`.
      feature_normalization: see `model.feature_normalization`.
      coefficient_radius: see `model.decoder.Decoder`; None for no limit.
      tone_features: the features that skin tone is read from; "none" for those of all else, "auto"
        for what suits the face model and the encoder.
      scenes, view_scenes: what scenes of synthetic faces and of the identity loss are drawn from.
      shading: how faces are shaded.
    """

    run: RunOptions
    samples_every: int
    strategy: str
    photographs: PhotographOptions
    face_model: FaceModelOptions
    encoder: EncoderOptions
    cache: pathlib.Path
    batch: BatchOptions
    stage_1: StageOptions
    stage_2: StageOptions
    weights: LossWeights
    loss_reduction: str
    feature_normalization: str
    coefficient_radius: float | None
    tone_features: str
    scenes: SceneRanges
    view_scenes: SceneRanges
    shading: Shading


@dataclasses.dataclass(frozen=True)
class LoadedParts:
    """What a training is made of, once it is loaded.

    Attributes:
      face_model, encoder, renderer: the frozen parts.
      photos: the photographs' features.
      pool: synthetic faces to train on, or None to render them on the fly.
      unseen: synthetic faces to measure on.
    """

    face_model: MorphableModel
    encoder: IdentityNetwork
    renderer: FaceRenderer
    photos: FeatureCache
    pool: SyntheticPool | None
    unseen: SyntheticPool


def load_networks(options: Options) -> tuple[MorphableModel, IdentityNetwork]:
    """Loads the face model and the encoder: what a wrong path in the options makes fail.

    Raises:
      OSError, ValueError: a file is missing or damaged, the face model has no expressions but they
        are asked for, or results and photographs share a folder.
    """
    check_apart(options.run.folder, options.photographs.folder)
    face_model = load_face_model(*dataclasses.astuple(options.face_model))
    if options.batch.expressions and not face_model.expression_components:
        raise ValueError(
            f"--synthetic_expressions={options.batch.expressions:g}: face model {face_model.name} "
            "has no expressions; leave it out"
        )
    features = [options.encoder.features]
    if tone := tone_features(options, face_model):
        features.append(tone)
    encoder = identity.load(options.encoder.name, options.encoder.weights, ",".join(features))
    return face_model, encoder


def tone_features(options: Options, face_model: MorphableModel) -> str | None:
    """Says what features skin tone is read from; None for those of all else.

    Raises:
      ValueError: it should have features of its own, but the face model does not keep it apart.
    """
    if options.tone_features == "auto":
        return options.encoder.tone_features if face_model.tone_components else None
    if options.tone_features == "none":
        return None
    if not face_model.tone_components:
        raise ValueError(
            f"--tone_features={options.tone_features}: face model {face_model.name} has no "
            "components for skin tone alone; learn its colors from photographs "
            "(docs/learned_colors.md), or give --tone_features=none"
        )
    return options.tone_features


def prepare_parts(
    options: Options, face_model: MorphableModel, encoder: IdentityNetwork
) -> LoadedParts:
    """Encodes the photographs and renders the synthetic faces; takes minutes the first time."""
    renderer = FaceRenderer(face_model, encoder.crop, options.shading)
    photos = _prepare_photos(options, encoder)
    if photos.rejected:
        _LOG.warning("rejected photographs:\n%s", summary(photos.rejected))
    parts = LoadedParts(face_model, encoder, renderer, photos, pool=None, unseen=None)
    seed = options.run.seed
    pool = _make_pool(options, parts, "synthetic", options.batch.pool, seed)
    unseen = _make_pool(options, parts, "validation", _VALIDATION_FACES, seed + _VALIDATION_SEED)
    return dataclasses.replace(parts, pool=pool, unseen=unseen)


def _prepare_photos(options: Options, encoder: IdentityNetwork) -> FeatureCache:
    """Opens the set of photographs that was prepared, or prepares a folder."""
    chosen, variants = options.photographs, options.batch.variants
    if is_photo_set(chosen.folder):
        return open_photo_set(chosen, encoder, variants)
    listing = list_photographs(chosen.folder, chosen.photo_list, chosen.split)
    return prepare_photographs(
        without_results(listing, options.run.folder),
        encoder,
        make_detector(chosen.landmarks),
        chosen.cache or options.cache / "photos",
        variants,
        progress=True,
    )


def _make_pool(options: Options, parts: LoadedParts, name: str, size: int, seed: int):
    """Renders and encodes synthetic faces, or reads them from the cache; None if `size` is 0."""
    if not size:
        return None
    cache = options.cache / f"{name}.npz"
    return make_pool(
        parts.renderer,
        parts.encoder,
        size,
        seed,
        options.scenes,
        cache=cache,
        expressions=options.batch.expressions,
    )


def train(options: Options, parts: LoadedParts) -> None:
    """Trains both stages, each from its newest checkpoint, and writes the decoder of each."""
    tf_keras.utils.set_random_seed(options.run.seed)
    strategy = make_strategy(options.strategy)
    tone = None
    if tone_features(options, parts.face_model):
        # The tone's features are the last part of the encoder's.
        tone = ToneInput(parts.face_model.tone_components, parts.encoder.feature_sizes[-1])
    normalization = _fit_normalization(options, parts, tone.features if tone else 0)
    with strategy.scope():
        decoder = Decoder(
            parts.encoder.feature_size,
            parts.face_model.shape_components,
            parts.face_model.texture_components,
            normalization,
            options.coefficient_radius,
            tone,
            options.batch.photo_crops,
        )
    training = DecoderTraining(options, parts, decoder, strategy)
    if any(options.run.folder.glob("checkpoints/stage2/ckpt-*.index")):
        # They hold the whole decoder: it does not matter whether those of stage 1 are still there.
        _LOG.info("stage1: complete at step %d", options.stage_1.steps)
    elif options.stage_1.steps:
        # Without steps its decoder would have random weights.
        training.train_stage("stage1", options.stage_1, "decoder_stage1.npz", with_photos=False)
    training.train_stage("stage2", options.stage_2, "decoder.npz", with_photos=True)


def _fit_normalization(
    options: Options, parts: LoadedParts, tone_features: int
) -> dict[str, AffineMap] | None:
    if options.feature_normalization == "none" and not tone_features:
        return None
    renders = parts.pool or _make_pool(
        options,
        parts,
        "normalization",
        _NORMALIZATION_FACES,
        options.run.seed + _NORMALIZATION_SEED,
    )
    photos = parts.photos.features[parts.photos.spread(_MEASURED_PHOTOS), 0]
    return fit_normalization(options.feature_normalization, photos, renders.features, tone_features)


class DecoderTraining:
    """The two stages, as the options say, of one decoder."""

    def __init__(
        self,
        options: Options,
        parts: LoadedParts,
        decoder: Decoder,
        strategy: tf.distribute.Strategy,
    ):
        """Binds what both stages share."""
        self._options = options
        self._parts = parts
        self._decoder = decoder
        self._strategy = strategy

    def train_stage(self, name: str, stage: StageOptions, file: str, with_photos: bool) -> None:
        """Trains a stage to its last step, and writes the decoder."""
        run = self._options.run
        if stage.steps:
            train_stage(
                Stage(
                    name,
                    stage.steps,
                    stage.learning_rate,
                    lambda first_step: self.batches(first_step, with_photos),
                    "learning_rate" if with_photos else "stage1_learning_rate",
                ),
                self.make_regressor,
                run.folder,
                self._strategy,
                Cadence(run.log_every, run.checkpoint_every, self._options.samples_every),
                Validation(self.metrics, draw=self.draw),
            )
        if self._decoder.tone:
            self.calibrate_tone()
        metrics = self.metrics()
        for metric, value in metrics.items():
            _LOG.info("%s: %s %.3f", name, metric, value)
        path = run.folder / file
        save_decoder(
            path,
            self._decoder,
            self._parts.face_model,
            self._parts.encoder,
            {"stage": name, "metrics": metrics},
            shading=self._options.shading,
        )
        _LOG.info("%s: written", path)

    def calibrate_tone(self) -> None:
        """Brings the decoded tones of the photographs to the level of their cheeks."""
        photos, face_model = self._parts.photos, self._parts.face_model
        components = self._decoder.tone.components
        self._decoder.calibrate_tone(np.ones(components), np.zeros(components))
        chosen = photos.spread(_CALIBRATION_PHOTOS)
        crops, encoder = photos.crops(chosen), self._parts.encoder
        cheeks = photographed_cheeks(crops, photos.read_points(chosen), encoder.crop)
        features, _ = encode_photographs(encoder, crops, self._decoder.photo_crops)
        texture = self._decoder(features, domain="photo").texture.numpy()
        calibration = fit_tone_calibration(face_model, texture, components, cheeks)
        self._decoder.calibrate_tone(*calibration)
        _LOG.info(
            "tone of photographs: scale %.2f, offset %.2f", *(part[0] for part in calibration)
        )

    def make_regressor(self) -> Regressor:
        """Makes the Keras model of a stage around the decoder."""
        return Regressor(
            self._decoder,
            self._parts.encoder,
            self._parts.renderer,
            self._options.weights,
            self._options.view_scenes,
            self._options.loss_reduction,
        )

    def batches(self, first_step: int, with_photos: bool) -> tf.data.Dataset:
        """Makes the dataset of a stage from a step on."""
        batch = self._options.batch
        return training_batches(
            renderer=self._parts.renderer,
            synthetic_batch=batch.synthetic,
            pool=self._parts.pool,
            photos=self._photo_features() if with_photos else None,
            photo_batch=batch.photos,
            views=batch.views,
            moment_batch=batch.moments,
            augment=self._augmenter() if with_photos else None,
            scene_ranges=self._options.scenes,
            seed=self._options.run.seed,
            first_step=first_step,
            steps_before=self._options.stage_1.steps if with_photos else 0,
            data_service=batch.data_service,
            expressions=batch.expressions,
        )

    def _photo_features(self) -> PhotoFeatures:
        photos, batch = self._parts.photos, self._options.batch
        if not batch.cache_features:
            return PhotoFeatures(images=photos.images)
        return PhotoFeatures(*(photos.encoded(kind, batch.variants) for kind in ENCODED))

    def _augmenter(self) -> Augmenter | None:
        augmentation = self._options.batch.augmentation
        if augmentation == Augmentation():
            return None
        return Augmenter(augmentation, self._parts.encoder.crop)

    def metrics(self) -> dict[str, float]:
        """Measures how well unseen synthetic faces are read, and the moments over photographs."""
        unseen = self._parts.unseen
        predicted = self._decoder(unseen.features, domain="render")
        shape = r_squared(predicted.shape.numpy(), unseen.shape)
        texture = r_squared(predicted.texture.numpy(), unseen.texture)
        metrics = {
            "r_squared/shape_first_10": float(np.mean(shape[:10])),
            "r_squared/texture_first": float(texture[0]),
        }
        chosen = self._parts.photos.spread(_MEASURED_PHOTOS)
        for name, values in self._of_photographs(chosen)._asdict().items():
            statistics = vars(coefficient_statistics(values.numpy()))
            metrics |= {f"photos_{name}/{key}": value for key, value in statistics.items()}
        return metrics

    def draw(self) -> tuple[np.ndarray, Coefficients]:
        """Draws a sheet of photograph, frontal and turned render of the first photographs.

        Returns:
          The sheet, uint8 [H, W, 3], and the coefficients of up to `_MEASURED_PHOTOS` photographs.
        """
        shape, texture = self._of_photographs(np.arange(len(self._parts.photos))[:_SAMPLE_FACES])
        scenes = stack_scenes([fixed_scene(0), fixed_scene(30)], len(shape))
        images = self._parts.renderer(shape, texture, scenes).numpy()
        crops = self._parts.photos.crops(range(len(shape))) / 255.0
        coefficients = self._of_photographs(self._parts.photos.spread(_MEASURED_PHOTOS))
        return contact_sheet([crops, images[:, 0], images[:, 1]]), coefficients

    def _of_photographs(self, chosen: np.ndarray) -> Coefficients:
        return self._decoder(self._parts.photos.features[chosen, 0], domain="photo")


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Makes the distribution strategy of a name: "auto" is mirrored where there are two GPUs."""
    gpus = tf.config.list_logical_devices("GPU")
    if name == "mirrored" or (name == "auto" and len(gpus) > 1):
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()
