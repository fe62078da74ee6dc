"""Prints how strongly each term of the loss pulls at a decoder, to choose the weights by."""

import dataclasses
import os
from collections.abc import Mapping

import numpy as np

from model.decoder_io import load_decoder
from model.loss_weights import LossWeights
from model.trained import decoder_path
from model.training.gradient_norms import make_gradient_norms, pulls
from programs.training_options import Options
from programs.training_parts import load_networks, prepare_parts
from programs.training_steps import make_batches, make_regressor

# Norms differ from batch to batch by some percent; these are averaged.
_BATCHES = 4
# The parameter loss has two weights, omega_s and omega_t, which lie within it; a variance is none.
_WITHOUT_WEIGHT = ("shape", "texture", "batch_variance")


def show(options: Options, checkpoint: str | os.PathLike) -> None:
    """Prints the table for a decoder on the first batches of stage 2.

    Args:
      options: say the data and the weights.
      checkpoint: a decoder's file, or the folder of its run.

    Raises:
      OSError, ValueError: a file is missing or damaged, or the decoder is of other parts.
    """
    path = decoder_path(checkpoint)
    face_model, encoder = load_networks(options)
    decoder = load_decoder(path, face_model, encoder)
    parts = prepare_parts(options, face_model, encoder)
    # A term of weight 0 is not computed, but one wants to know what a weight would do.
    counted = dataclasses.replace(options, weights=_without_zeros(options.weights), dropout=0.0)
    norms = make_gradient_norms(make_regressor(counted, parts, decoder))
    batches = iter(make_batches(options, parts, first_step=0, with_photos=True))
    measured = [norms(batches) for _ in range(_BATCHES)]
    means = {name: float(np.mean([m[name] for m in measured])) for name in measured[0]}
    print(f"{path}: gradient norms of the decoder, means over {_BATCHES} batches")
    print("\n".join(table(_unweighted(means, counted.weights), options.weights)))


def table(norms: Mapping[str, float], weights: LossWeights) -> list[str]:
    """Makes the lines of the table.

    Args:
      norms: the gradient's norm of each term with weight 1.
      weights: of the terms.
    """
    weighted = pulls({name: norm * getattr(weights, name) for name, norm in norms.items()})
    lines = [
        f"{'term':20} {'norm at 1':>10} {'weight':>8} {'norm':>10} {'share':>7} {'of identity':>12}"
    ]
    whole = weighted["identity"].norm if "identity" in weighted else 0.0
    for name, pull in weighted.items():
        relative = f"{pull.norm / whole:12.3f}" if whole else f"{'–':>12}"
        lines.append(
            f"{name:20} {norms[name]:10.3g} {getattr(weights, name):8g} {pull.norm:10.3g} "
            f"{pull.share:7.1%} {relative}"
        )
    return lines


def _unweighted(norms: Mapping[str, float], weights: LossWeights) -> dict[str, float]:
    return {name: norm / getattr(weights, name) for name, norm in norms.items()}


def _without_zeros(weights: LossWeights) -> LossWeights:
    fields = dataclasses.asdict(weights).items()
    return LossWeights(
        **{name: value if value or name in _WITHOUT_WEIGHT else 1.0 for name, value in fields}
    )
