"""Trains a decoder in the two stages of section 3.3, from options to files."""

import logging
import pathlib

import numpy as np
import tensorflow as tf
import tf_keras

from data_pipeline.sample_indices import Worker
from model.decoder import Decoder
from model.decoder_io import load_decoder, save_decoder
from model.encoding import encode_photographs
from model.tone_calibration import fit_tone_calibration, photographed_cheeks
from model.training.cadence import Cadence
from model.training.early_stop import EarlyStop
from model.training.trainer import Stage, train_stage
from model.training.validation import Validation
from model.training.workers import Workers
from programs.held_out import make_early_stop
from programs.training_measures import Measures
from programs.training_options import Options, StageOptions
from programs.training_parts import LoadedParts, make_decoder
from programs.training_steps import make_batches, make_regressor

_LOG = logging.getLogger("train")
_CALIBRATION_PHOTOS = 2000


def train(options: Options, parts: LoadedParts, strategy: tf.distribute.Strategy) -> None:
    """Trains both stages, each from its newest checkpoint, and writes the decoder of each."""
    tf_keras.utils.set_random_seed(options.run.seed)
    decoder = make_decoder(options, parts, strategy)
    training = DecoderTraining(options, parts, decoder, strategy)
    begun = any(options.run.folder.glob("checkpoints/stage2/ckpt-*.index"))
    if Workers(strategy).chiefs(begun):
        # They hold the whole decoder: it does not matter whether those of stage 1 are still there.
        _LOG.info("stage1: complete at step %d", options.stage_1.steps)
    elif options.stage_1.steps:
        # Without steps its decoder would have random weights.
        training.train_stage("stage1", options.stage_1, "decoder_stage1.npz", with_photos=False)
    training.train_stage("stage2", options.stage_2, "decoder.npz", with_photos=True)


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
        self._workers = Workers(strategy)
        self._measures = Measures(parts, decoder)

    def train_stage(self, name: str, stage: StageOptions, file: str, with_photos: bool) -> None:
        """Trains a stage to its last step, and writes the decoder.

        The decoder is the one that `train_stage` of the trainer leaves: that of the last step, or
        the average of the steps. In stage 2 it can be the best one by held-out photographs instead.
        """
        best = self._options.run.folder / "checkpoints" / "stage2_best.npz"
        early_stop = None
        if with_photos:
            early_stop = make_early_stop(self._options, lambda: self.save(best, name, {}))
        if stage.steps:
            self._take_steps(name, stage, with_photos, early_stop)
        if best.is_file() and early_stop:
            _LOG.info("%s: the best decoder is kept, that of step %d", name, early_stop.best.step)
            kept = load_decoder(best, self._parts.face_model, self._parts.encoder)
            self._decoder.set_weights(kept.get_weights())
        if self._decoder.tone:
            self.calibrate_tone()
        if self._workers.is_chief:
            self._write(name, file)
        self._workers.wait()

    def _write(self, name: str, file: str) -> None:
        metrics = self._measures.metrics()
        for metric, value in metrics.items():
            _LOG.info("%s: %s %.3f", name, metric, value)
        path = self._options.run.folder / file
        self.save(path, name, metrics)
        _LOG.info("%s: written", path)

    def save(self, path: pathlib.Path, stage: str, metrics: dict[str, float]) -> None:
        """Writes the decoder as it is."""
        save_decoder(
            path,
            self._decoder,
            self._parts.face_model,
            self._parts.encoder,
            {"stage": stage, "metrics": metrics},
            shading=self._options.shading,
        )

    def _take_steps(
        self, name: str, stage: StageOptions, with_photos: bool, early_stop: EarlyStop | None
    ) -> None:
        options, parts, run = self._options, self._parts, self._options.run
        worker = Worker(self._workers.index, self._workers.count)
        train_stage(
            Stage(
                name,
                stage.steps,
                stage.learning_rate,
                lambda first_step: make_batches(options, parts, first_step, with_photos, worker),
                "learning_rate" if with_photos else "stage1_learning_rate",
                stage.optimizer,
                options.batch.images(with_photos),
                options.profiled_steps,
            ),
            lambda: make_regressor(options, parts, self._decoder),
            run.folder,
            self._strategy,
            Cadence(
                run.log_every,
                run.checkpoint_every,
                options.samples_every,
                options.gradient_norms_every,
            ),
            Validation(self._measures.metrics, early_stop, self._measures.draw),
        )

    def calibrate_tone(self) -> None:
        """Brings the decoded tones of the photographs to the level of their cheeks."""
        photos, face_model = self._parts.photos, self._parts.face_model
        components = self._decoder.tone.components
        self._decoder.calibrate_tone(np.ones(components), np.zeros(components))
        chosen = self._parts.split.spread(_CALIBRATION_PHOTOS)
        crops, encoder = photos.crops(chosen), self._parts.encoder
        cheeks = photographed_cheeks(crops, photos.read_points(chosen), encoder.crop)
        features, _ = encode_photographs(encoder, crops, self._decoder.photo_crops)
        texture = self._decoder(features, domain="photo").texture.numpy()
        calibration = fit_tone_calibration(face_model, texture, components, cheeks)
        self._decoder.calibrate_tone(*calibration)
        _LOG.info(
            "tone of photographs: scale %.2f, offset %.2f", *(part[0] for part in calibration)
        )
