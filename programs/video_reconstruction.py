"""Turns the frames of a video into one face: detect, cut, encode, average, decode."""

import dataclasses
import hashlib
import io
import pathlib
from collections.abc import Iterable

import numpy as np

from data_pipeline.detection import Detector
from model.alignment import warp_photograph
from model.encoding import encode_photographs
from model.face_finding import find_face
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from model.trained import Trained, TrainedDecoder
from storage.arrays import open_npz
from storage.atomic import write_bytes

# What is averaged over a video. The paper's choice is the first (section 4.2), that of Tran et al.
# the second. Vertices are linear in the coefficients, so the last two are the same face.
AVERAGES = ("embeddings", "meshes", "coefficients")


@dataclasses.dataclass(frozen=True)
class EncodedFrames:
    """What the encoder saw of a video.

    Attributes:
      features: float32 [F, D] of the frames with a face, in their order.
      names: those frames.
      points: float32 [F, 5, 2], where their five points are, in pixels.
      failures: the reason for each frame that failed, by its name.
    """

    features: np.ndarray
    names: list[str]
    points: np.ndarray
    failures: dict[str, str]


def photo_crops_of(trained: Trained) -> int:
    """In how many crops the decoders read photographs.

    Raises:
      ValueError: they differ, so that their faces cannot be compared in one run.
    """
    counts = {own.decoder.photo_crops for own in trained.decoders}
    if len(counts) > 1:
        raise ValueError("the decoders read different numbers of crops; measure them one by one")
    return counts.pop()


def encode_frames(
    frames: Iterable[tuple[str, np.ndarray | str]],
    encoder: IdentityNetwork,
    detector: Detector,
    photo_crops: int,
) -> EncodedFrames:
    """Finds the face of each frame and encodes all of them in batches; failures are listed.

    Args:
      frames: names with pixels uint8 RGB [H, W, 3], or with the reason why there are none.
      encoder, detector, photo_crops: how the decoders read photographs.
    """
    crops, names, points, failures = [], [], [], {}
    for name, image in frames:
        try:
            if isinstance(image, str):
                raise ValueError(image)
            found = find_face(image, detector, name).points
            crops.append(warp_photograph(image, found, encoder.crop))
        except ValueError as error:
            failures[name] = str(error)
            continue
        names.append(name)
        points.append(found)
    features = np.zeros([0, encoder.feature_size], np.float32)
    if crops:
        features = encode_photographs(encoder, np.stack(crops), photo_crops).features
    return EncodedFrames(features, names, np.float32(points).reshape(-1, 5, 2), failures)


def decode_average(
    features: np.ndarray, own: TrainedDecoder, model: MorphableModel, average: str
) -> np.ndarray:
    """Decodes a video to one face.

    Args:
      features: float32 [F, D], at least one frame.
      own: the decoder.
      model: its face model.
      average: one of `AVERAGES`.

    Returns:
      float32 [N, 3] mm, the neutral face.
    """
    if average == "embeddings":
        features = features.mean(axis=0, keepdims=True)
    coefficients = own.decoder(features, domain="photo").shape
    if average == "coefficients":
        coefficients = coefficients.numpy().mean(axis=0, keepdims=True)
    return model.decode_shape(coefficients).numpy().mean(axis=0)


class FrameCache:
    """Keeps the encoded frames of videos in a folder, so that an evaluation can go on."""

    def __init__(
        self,
        folder: pathlib.Path,
        encoder: IdentityNetwork,
        detector: Detector,
        photo_crops: int,
    ):
        """Binds a folder to how frames are read; what was read in another way is not taken."""
        self._folder, self._read = folder, (encoder, detector, photo_crops)
        # The last number is that of the files' form.
        self._key = f"{encoder.fingerprint} {encoder.crop} {detector.spec} {photo_crops} 2"

    def __call__(self, name: str, frames: Iterable[tuple[str, np.ndarray | str]]) -> EncodedFrames:
        """Encodes the frames of a video, or takes what was kept under its name."""
        digest = hashlib.sha256(f"{self._key} {name}".encode()).hexdigest()[:24]
        path = self._folder / f"{digest}.npz"
        if path.is_file():
            with open_npz(path) as kept:
                failures = dict(zip(kept["failed"].tolist(), kept["reasons"].tolist(), strict=True))
                names = kept["names"].tolist()
                return EncodedFrames(kept["features"], names, kept["points"], failures)
        encoded = encode_frames(frames, *self._read)
        buffer = io.BytesIO()
        failed, reasons = list(encoded.failures), list(encoded.failures.values())
        np.savez(
            buffer,
            features=encoded.features,
            names=np.array(encoded.names, dtype=str),
            points=encoded.points,
            failed=np.array(failed, dtype=str),
            reasons=np.array(reasons, dtype=str),
        )
        write_bytes(path, buffer.getvalue())
        return encoded
