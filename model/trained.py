"""Opens what training left: decoders with the face model and the encoder that they belong to."""

import json
import os
import pathlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import open_parts
from model import identity
from model.decoder import Decoder
from model.decoder_io import load_decoder, read_metadata, shading_of
from model.face_models.load import load_face_model
from model.identity.network import IdentityNetwork
from model.identity.networks.definition import RANDOM
from model.morphable_model import MorphableModel
from model.shading import Shading

DECODER_FILE = "decoder.npz"
CONFIG_FILE = "config.json"


class TrainedDecoder(NamedTuple):
    """A decoder, its file, and the shading of the renders that it was trained against."""

    path: pathlib.Path
    decoder: Decoder
    shading: Shading


class Trained(NamedTuple):
    """Decoders, and the parts that all of them were trained on."""

    decoders: list[TrainedDecoder]
    face_model: MorphableModel
    encoder: IdentityNetwork


class Parts(NamedTuple):
    """Which face model and which encoder are meant; None where nobody says.

    Attributes:
      face_model: the file of the face model.
      encoder: one of `model.identity.NAMES`.
      encoder_weights: the file of its weights.
    """

    face_model: str | os.PathLike | None = None
    encoder: str | None = None
    encoder_weights: str | os.PathLike | None = None


def decoder_path(checkpoint: str | os.PathLike) -> pathlib.Path:
    """Returns the decoder's file of a checkpoint: a file itself, or the folder of a finished run.

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


def load_trained(checkpoints: Sequence[str | os.PathLike], parts: Parts = Parts()) -> Trained:
    """Loads decoders that share a face model and an encoder.

    What `parts` leaves open is what the run of the first decoder was trained with, as its
    `config.json` says; where there is none, as beside the shipped decoder, the embedded parts. How
    many components of the face model and which features of the encoder are used is read from the
    first decoder.

    Args:
      checkpoints: decoder files or folders of runs, at least one.
      parts: what is given.

    Raises:
      FileNotFoundError, ValueError: a file is missing or damaged, or was trained on other parts.
    """
    paths = [decoder_path(checkpoint) for checkpoint in checkpoints]
    metadata = [read_metadata(path) for path in paths]
    first = metadata[0]
    chosen = _complete(parts, parts_of_run(paths[0].parent))
    # To read the one is arithmetic, and to build the other is not: neither waits for the other.
    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(
            load_face_model,
            chosen.face_model,
            first["shape_components"],
            first["texture_components"],
        )
        encoder = identity.load(
            chosen.encoder, chosen.encoder_weights, first["encoder"]["features"]
        )
        face_model = reading.result()
    decoders = [
        TrainedDecoder(path, load_decoder(path, face_model, encoder), shading_of(path, own))
        for path, own in zip(paths, metadata, strict=True)
    ]
    return Trained(decoders, face_model, encoder)


def parts_of_run(folder: pathlib.Path) -> Parts:
    """Reads from the settings of a run which parts it was trained on; nothing if it has none.

    A file is looked for at the path that the settings name, and beside the run: a run that was
    copied with its parts is found whole.

    Raises:
      FileNotFoundError: a file that the settings name is at neither place.
      ValueError: the settings are damaged.
    """
    config = folder / CONFIG_FILE
    if not config.is_file():
        return Parts()
    try:
        settings = json.loads(config.read_text())
        names = (settings.get("face_model"), settings.get("identity_weights"))
        encoder = settings.get("identity_encoder")
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{config}: holds no settings of a run ({error})") from None
    face_model, weights = (_find(name, config) for name in names)
    return Parts(face_model, encoder, weights)


def _complete(given: Parts, of_run: Parts) -> Parts:
    """Fills what is not given; weights of a run's encoder are no weights of another one."""
    same_encoder = given.encoder in (None, of_run.encoder)
    return Parts(
        face_model=given.face_model or of_run.face_model or open_parts.FACE_MODEL,
        encoder=given.encoder or of_run.encoder or "openvino_ir",
        encoder_weights=given.encoder_weights or (of_run.encoder_weights if same_encoder else None),
    )


def _find(name: str | None, config: pathlib.Path) -> pathlib.Path | None:
    if name in (None, RANDOM):
        return name
    path = pathlib.Path(name)
    embedded = open_parts.embedded(name)
    beside = [config.parent / path.name, config.parent.parent / path.name]
    for candidate in (path, *([embedded] if embedded else []), *beside):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(
        f"{config}: the run was trained with {name}, which is neither there nor beside the run as "
        f"{beside[0]}; put it there, or name it by a flag"
    )
