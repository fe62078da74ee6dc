"""Decoder files: arrays and a JSON text in one `.npz`, complete or not there at all.

A decoder means nothing without the face model and the features that it was trained on, so their
fingerprints travel with it and are compared when it is loaded. The shading of the renders that it
was trained against travels too: its faces are drawn and judged with that.
"""

import dataclasses
import json
import os
import pathlib

import numpy as np

from model.crop_changes import CROPS
from model.decoder import Decoder, ToneInput
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from model.shading import Shading
from storage.arrays import StoredArrays, open_npz
from storage.atomic import atomic_file

_FORMAT = 1
_SIZES = ("feature_size", "shape_components", "texture_components")
# Fields of the metadata that are relied on, with their types.
_FIELDS = {
    **dict.fromkeys(_SIZES, int),
    "radius": (int, float, type(None)),
    "photo_adapter": bool,
    "face_model.name": str,
    "face_model.fingerprint": str,
    "encoder.name": str,
    "encoder.fingerprint": str,
    "encoder.features": str,
}


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
        "photo_crops": decoder.photo_crops,
        "photo_adapter": decoder.photo_adapter,
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
    with open_npz(path) as arrays:
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
    with open_npz(path) as arrays:
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
            *(metadata[size] for size in _SIZES),
            radius=metadata["radius"],
            tone=_tone_input(path, metadata),
            photo_crops=_photo_crops(path, metadata),
            photo_adapter=metadata["photo_adapter"],
        )
        for variable in decoder.weights:
            variable.assign(_weights(path, arrays, _key(variable), tuple(variable.shape)))
    return decoder


def _photo_crops(path: str | os.PathLike, metadata: dict) -> int:
    """Files that do not say it were made when the aligned crop alone was read."""
    count = metadata.get("photo_crops")
    if count is None:
        return 1
    if type(count) is not int or not 1 <= count <= len(CROPS):
        raise ValueError(
            f"{path}: its metadata has photo_crops = {count!r}, not 1 to {len(CROPS)}; the file is "
            "damaged"
        )
    return count


def _tone_input(path: str | os.PathLike, metadata: dict) -> ToneInput | None:
    tone = metadata.get("tone")
    if tone is None:
        return None
    try:
        components, features = (int(tone[field]) for field in ("components", "features"))
    except (TypeError, KeyError, ValueError):
        components = features = 0
    # The decoder is made from these numbers: they must leave something for all else.
    if not (
        0 < components < metadata["texture_components"] and 0 < features < metadata["feature_size"]
    ):
        raise ValueError(f"{path}: its metadata has tone = {tone!r}; the file is damaged")
    return ToneInput(components, features)


def _key(variable) -> str:
    return variable.name.removesuffix(":0").removeprefix("decoder/")


def _metadata(path: str | os.PathLike, arrays: StoredArrays) -> dict:
    """Reads the metadata, and checks all that is relied on.

    A decoder is made from the sizes, so they must be those of the arrays: a damaged or hostile file
    could ask for any amount of memory.
    """
    if "metadata" not in arrays or arrays.header("metadata").dtype.kind != "U":
        raise ValueError(f"{path}: is no decoder file: it has no 'metadata'")
    try:
        metadata = json.loads(str(arrays["metadata"]))
    except ValueError as error:
        raise ValueError(f"{path}: its metadata is damaged ({error})") from None
    if not isinstance(metadata, dict) or metadata.get("format") != _FORMAT:
        found = metadata.get("format") if isinstance(metadata, dict) else None
        raise ValueError(f"{path}: has decoder format {found!r}; this program reads {_FORMAT}")
    # What files do not say that were made before there was a choice.
    metadata.setdefault("radius", None)
    metadata.setdefault("photo_adapter", False)
    for field, kinds in _FIELDS.items():
        value = metadata
        for name in field.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, kinds) or isinstance(value, bool) != (kinds is bool):
            raise ValueError(f"{path}: its metadata has {field} = {value!r}; the file is damaged")
    features, *coefficients = (metadata[size] for size in _SIZES)
    _check_shape(path, arrays, "photo_matrix", (features, features))
    tone = _tone_input(path, metadata)
    outputs = sum(coefficients) - (tone.components if tone else 0)
    _check_shape(path, arrays, "coefficients/bias", (outputs,))
    return metadata


def _check_shape(path, arrays: StoredArrays, key: str, shape: tuple[int, ...]) -> None:
    if key not in arrays:
        raise ValueError(f"{path}: has no array {key!r}; the file is incomplete")
    if arrays.header(key).shape != shape or min(shape) < 1:
        raise ValueError(
            f"{path}: array {key!r} has shape {arrays.header(key).shape}, but the metadata says "
            f"{shape}; the file is damaged"
        )


def _weights(path, arrays: StoredArrays, key: str, shape: tuple[int, ...]) -> np.ndarray:
    _check_shape(path, arrays, key, shape)
    if arrays.header(key).dtype.kind != "f":
        raise ValueError(f"{path}: array {key!r} holds {arrays.header(key).dtype}, not numbers")
    values = arrays.array(key).astype(np.float32)
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{path}: array {key!r} holds NaN or infinity; the file is damaged")
    return values
