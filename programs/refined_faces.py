"""Fits decoded faces of an evaluation further to their photographs, in blocks that are kept."""

import functools

import numpy as np
import tensorflow as tf

from model.decoder import Coefficients
from model.refinement import Refiner
from model.trained import Trained, TrainedDecoder
from programs.kept_arrays import KeptArrays, blocks

# So many faces are refined at once, and lost when an evaluation is stopped.
_BLOCK = 8


class RefinedFaces:
    """Refines what decoders read, each face once."""

    def __init__(self, trained: Trained, steps: int, kept: KeptArrays):
        """Binds the parts of the decoders, the number of steps, and what keeps results."""
        self._trained = trained
        self._steps = steps
        self._kept = kept

    def __call__(
        self, decoder: TrainedDecoder, faces: Coefficients, embedding: np.ndarray
    ) -> Coefficients:
        """Refines the faces of P photographs, whose unit embeddings are float32 [P, E]."""
        encoder, face_model = self._trained.encoder, self._trained.face_model
        refine = Refiner(decoder.decoder, encoder, face_model, decoder.shading, self._steps)
        how = f"{self._steps} {decoder.shading} {encoder.fingerprint} {face_model.fingerprint}"
        made = []
        for block in blocks(len(embedding), "faces refined", _BLOCK):
            rows = [np.asarray(part)[block] for part in (*faces, embedding)]
            make = functools.partial(_joined, refine, *rows)
            made.append(self._kept("refined", [how, *rows], make))
        joined = np.concatenate(made)
        return Coefficients(*map(tf.constant, np.split(joined, [faces.shape.shape[1]], axis=1)))


def _joined(refine, shape, texture, embedding):
    """Refines faces: their shape and texture side by side, float32 [B, Ks + Kt]."""
    return np.concatenate(refine(Coefficients(shape, texture), embedding), axis=1)
