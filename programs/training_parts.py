"""What a decoder is trained with: the frozen parts, the photographs and the synthetic faces."""

import dataclasses
import logging

import tensorflow as tf

from data_pipeline.detection import make_detector
from data_pipeline.feature_cache import FeatureCache, summary
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photo_set import open_photo_set
from data_pipeline.photographs import is_photo_set, list_photographs
from data_pipeline.synthetic_pool import SyntheticPool, make_pool
from model import identity
from model.decoder import Decoder, ToneInput
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.feature_normalization import AffineMap, fit_normalization
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from programs.held_out import Split, split
from programs.output_folder import check_apart, without_results
from programs.training_options import Options

_LOG = logging.getLogger("train")
_NORMALIZATION_FACES = 2000
_VALIDATION_FACES = 512
# Statistics over photographs are taken over up to so many of them, whatever their number is.
MEASURED_PHOTOS = 10_000
# These offsets keep samples that measure apart from those that train: no two share a seed.
_VALIDATION_SEED = 1_000_003
_NORMALIZATION_SEED = 2_000_003


@dataclasses.dataclass(frozen=True)
class LoadedParts:
    """What a training is made of, once it is loaded.

    Attributes:
      face_model, encoder, renderer: the frozen parts.
      photos: the photographs' features.
      split: which of them are trained on.
      pool: synthetic faces to train on, or None to render them on the fly.
      unseen: synthetic faces to measure on.
    """

    face_model: MorphableModel
    encoder: IdentityNetwork
    renderer: FaceRenderer
    photos: FeatureCache
    split: Split
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
    seed = options.batch.pool_seed
    chosen = split(photos, options.held_out, seed)
    parts = LoadedParts(face_model, encoder, renderer, photos, chosen, pool=None, unseen=None)
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


def make_decoder(options: Options, parts: LoadedParts, strategy: tf.distribute.Strategy) -> Decoder:
    """Makes a decoder with fresh weights on the devices of a strategy."""
    tone = None
    if tone_features(options, parts.face_model):
        # The tone's features are the last part of the encoder's.
        tone = ToneInput(parts.face_model.tone_components, parts.encoder.feature_sizes[-1])
    normalization = _fit_normalization(options, parts, tone.features if tone else 0)
    with strategy.scope():
        return Decoder(
            parts.encoder.feature_size,
            parts.face_model.shape_components,
            parts.face_model.texture_components,
            normalization,
            options.coefficient_radius,
            tone,
            options.batch.photo_crops,
            options.photo_adapter,
        )


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
        options.batch.pool_seed + _NORMALIZATION_SEED,
    )
    photos = parts.photos.features[parts.split.spread(MEASURED_PHOTOS), 0]
    return fit_normalization(options.feature_normalization, photos, renders.features, tone_features)
