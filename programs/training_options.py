"""The options of a decoder's training: what `train.py` makes of its flags."""

import dataclasses
import pathlib

from data_pipeline.augmentation import Augmentation
from data_pipeline.crop_variants import VARIANTS
from flag_sets import EncoderOptions, PhotographOptions, RunOptions
from model.gray_views import GrayViews
from model.loss_weights import LossWeights
from model.scene_ranges import SceneRanges
from model.shading import Shading
from model.training.optimizer_options import OptimizerOptions


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
      views: random poses of each photograph's face, gray views included.
      pool: synthetic faces that are rendered and encoded once; 0 renders them on the fly.
      photo_crops: crops of each photograph.
      cache_features: whether photographs are encoded once, instead of in every step.
      augmentation: what is done to photographs that are encoded in every step.
      data_service: the address of a service that renders synthetic faces; None renders them here.
      expressions: the standard deviation of the expressions of synthetic faces; 0 for neutral ones.
      pool_seed: the seed of the synthetic faces that are made once, and of what is held out.
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
    pool_seed: int = 0

    def images(self, with_photos: bool) -> int:
        """How many images a step renders and encodes, or encodes alone."""
        rendered = 0 if self.pool else self.synthetic
        if not with_photos:
            return rendered
        return rendered + self.photos * (self.views + (not self.cache_features))

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants of photographs that are encoded."""
        # Each crop has two variants: the photograph as it is, and mirrored.
        count = 2 * self.photo_crops if self.cache_features else 1
        return tuple(variant.text for variant in VARIANTS[:count])


@dataclasses.dataclass(frozen=True)
class StageOptions:
    """The steps of a stage, and how its weights are changed."""

    steps: int
    learning_rate: float
    optimizer: OptimizerOptions = OptimizerOptions()


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that a training depends on.

    Attributes:
      run: the folder of the run.
      samples_every: steps between contact sheets.
      gradient_norms_every: steps between measurements of each term's gradient; None for never.
      strategy: "auto", "one_device" or "mirrored".
      profiled_steps: the first and the last step of each stage that is profiled; None for none.
      photographs, face_model, encoder: the parts.
      encoder_precision: the number format of the encoder's convolutions in training steps.
      cache: a folder for features and synthetic faces that runs can share.
      batch: what a step sees.
      stage_1, stage_2: how long each stage trains, and how.
      held_out: at least so many photographs are not trained on, but measured.
      keep_best: whether stage 2 leaves its best decoder by them, instead of the last one.
      patience: steps without a better one after which stage 2 stops; 0 for never.
      dropout: see `model.regressor.Regressor`.
      weights, loss_reduction: see `model.loss_weights`.
      feature_normalization: see `model.feature_normalization`.
      photo_adapter: see `model.decoder.Decoder`.
      coefficient_radius: see `model.decoder.Decoder`; None for no limit.
      tone_features: the features that skin tone is read from; "none" for those of all else, "auto"
        for what suits the face model and the encoder.
      scenes, view_scenes: what scenes of synthetic faces and of the identity loss are drawn from.
      gray_views: which views of the identity loss show shape alone.
      shading: how faces are shaded.
    """

    run: RunOptions
    samples_every: int
    gradient_norms_every: int | None
    strategy: str
    profiled_steps: tuple[int, int] | None
    photographs: PhotographOptions
    face_model: FaceModelOptions
    encoder: EncoderOptions
    encoder_precision: str
    cache: pathlib.Path
    batch: BatchOptions
    stage_1: StageOptions
    stage_2: StageOptions
    held_out: int
    keep_best: bool
    patience: int
    dropout: float
    weights: LossWeights
    loss_reduction: str
    feature_normalization: str
    photo_adapter: bool
    coefficient_radius: float | None
    tone_features: str
    scenes: SceneRanges
    view_scenes: SceneRanges
    gray_views: GrayViews
    shading: Shading
