"""Opens what training left: decoders with the face model and the encoder that they belong to."""

import os
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

from model import identity
from model.decoder import Decoder
from model.decoder_io import load_decoder, read_metadata
from model.face_models.load import load_face_model
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel

DECODER_FILE = "decoder.npz"


class Trained(NamedTuple):
    """Decoders, and the parts that all of them were trained on."""

    decoders: list[Decoder]
    face_model: MorphableModel
    encoder: IdentityNetwork


def decoder_path(checkpoint: str | os.PathLike) -> pathlib.Path:
    """The decoder's file of a checkpoint: a file itself, or the folder of a finished run.

    Raises:
      FileNotFoundError: there is neither; the message says what a folder lacks.
    """
    path = pathlib.Path(checkpoint)
    if path.is_dir():
        if not (path / DECODER_FILE).is_file():
            raise FileNotFoundError(
                f"{path}: has no {DECODER_FILE}; train.py writes it when a run is complete"
            )
        return path / DECODER_FILE
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such decoder file or folder of a run")
    return path


def load_trained(
    checkpoints: Sequence[str | os.PathLike],
    face_model: str | os.PathLike,
    encoder: str,
    encoder_weights: str | os.PathLike | None,
) -> Trained:
    """Loads decoders that share a face model and an encoder.

    How many components of the face model and which features of the encoder they use is read from
    the first decoder.

    Args:
      checkpoints: decoder files or folders of runs, at least one.
      face_model: the face model's file.
      encoder, encoder_weights: as for `model.identity.load`.

    Raises:
      FileNotFoundError, ValueError: a file is missing or damaged, or was trained on other parts.
    """
    paths = [decoder_path(checkpoint) for checkpoint in checkpoints]
    metadata = read_metadata(paths[0])
    model = load_face_model(
        face_model, metadata["shape_components"], metadata["texture_components"]
    )
    network = identity.load(encoder, encoder_weights, metadata["encoder"]["features"])
    return Trained([load_decoder(path, model, network) for path in paths], model, network)
