"""Decoder files: arrays and a JSON text in one `.npz`, complete or not there at all.

A decoder means nothing without the face model and the features that it was trained on, so their
fingerprints travel with it and are compared when it is loaded. The shading of the renders that it
was trained against travels too: its faces are drawn and judged with that.
"""

import dataclasses
import json
import os
import pathlib
import zipfile

import numpy as np

from model.decoder import Decoder, ToneInput
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from model.shading import Shading
from storage.atomic import atomic_file

_FORMAT = 1


def save_decoder(
    path: str | os.PathLike,
    decoder: Decoder,
    face_model: MorphableModel,
    encoder: IdentityNetwork,
    notes: dict | None = None,
    dtype: str = "float32",
    shading: Shading = Shading(),
) -> None:
    """Writes a decoder.

    Args:
      path: the `.npz` to write.
      decoder, face_model, encoder: what was trained together.
      notes: anything JSON can hold that belongs on the decoder's card.
      dtype: "float32", or "float16" for half the size.
      shading: how faces were shaded in its training.
    """
    path = pathlib.Path(path)
    metadata = {
        "format": _FORMAT,
        "face_model": {"name": face_model.name, "fingerprint": face_model.fingerprint},
        "encoder": {
            "name": encoder.name,
            "fingerprint": encoder.fingerprint,
            "features": encoder.feature_spec,
        },
        "feature_size": decoder.feature_size,
        "shape_components": decoder.shape_components,
        "texture_components": decoder.texture_components,
        "radius": decoder.radius,
        "tone": dataclasses.asdict(decoder.tone) if decoder.tone else None,
        "shading": dataclasses.asdict(shading),
        "notes": notes or {},
    }
    arrays = {_key(variable): variable.numpy().astype(dtype) for variable in decoder.weights}
    with atomic_file(path) as file:
        np.savez_compressed(file, metadata=np.array(json.dumps(metadata)), **arrays)


def read_metadata(path: str | os.PathLike) -> dict:
    """Reads the JSON part of a decoder file.

    Raises:
      FileNotFoundError, ValueError: as `load_decoder`.
    """
    with _open(path) as arrays:
        return _metadata(path, arrays)


def shading_of(path: str | os.PathLike, metadata: dict) -> Shading:
    """Reads how faces were shaded in a decoder's training.

    Files that do not say it were made when lights acted on sRGB, with the other defaults of today.

    Raises:
      ValueError: the metadata holds no shading that can be.
    """
    try:
        return Shading(**metadata.get("shading", {"color_space": "srgb"}))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: its shading cannot be read: {error}") from None


def load_decoder(
    path: str | os.PathLike, face_model: MorphableModel, encoder: IdentityNetwork
) -> Decoder:
    """Reads a decoder for a face model and an encoder.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is damaged, or the decoder was trained on another face model or on other
        features.
    """
    with _open(path) as arrays:
        metadata = _metadata(path, arrays)
        for part, ours in (("face_model", face_model), ("encoder", encoder)):
            theirs = metadata[part]
            if theirs["fingerprint"] != ours.fingerprint:
                raise ValueError(
                    f"{path}: was trained with {part} {theirs['name']!r} (fingerprint "
                    f"{theirs['fingerprint'][:12]}), but {ours.name!r} has "
                    f"{ours.fingerprint[:12]}; give the same one, or train a decoder for this one"
                )
        decoder = Decoder(
            metadata["feature_size"],
            metadata["shape_components"],
            metadata["texture_components"],
            radius=metadata.get("radius"),
            tone=ToneInput(**metadata["tone"]) if metadata.get("tone") else None,
        )
        for variable in decoder.weights:
            variable.assign(_array(path, arrays, _key(variable), tuple(variable.shape)))
    return decoder


def _key(variable) -> str:
    return variable.name.removesuffix(":0").removeprefix("decoder/")


def _open(path: str | os.PathLike):
    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such decoder file")
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{path}: is no decoder file ({error})") from None


def _metadata(path: str | os.PathLike, arrays) -> dict:
    if "metadata" not in arrays:
        raise ValueError(f"{path}: is no decoder file: it has no 'metadata'")
    metadata = json.loads(str(arrays["metadata"]))
    if metadata.get("format") != _FORMAT:
        raise ValueError(
            f"{path}: has decoder format {metadata.get('format')!r}; this program reads {_FORMAT}"
        )
    return metadata


def _array(path: str | os.PathLike, arrays, key: str, shape: tuple) -> np.ndarray:
    if key not in arrays:
        raise ValueError(f"{path}: has no array {key!r}; the file is incomplete")
    values = arrays[key].astype(np.float32)
    if values.shape != shape or not np.all(np.isfinite(values)):
        raise ValueError(f"{path}: array {key!r} has shape {values.shape}; {shape} finite expected")
    return values
