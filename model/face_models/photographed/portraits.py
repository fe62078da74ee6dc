"""Portraits that colors are learned from: their files, and the points that were found in them."""

import csv
import dataclasses
import os
import pathlib

import numpy as np
from PIL import Image

POINTS = 478
_UNITS_PER_PIXEL = 64


@dataclasses.dataclass(frozen=True)
class LandmarkedPortraits:
    """Photographs with dense landmarks; one a person.

    Attributes:
      folder: where the photographs lie.
      names: their file names, B.
      points: float [B, 478, 2], MediaPipe's refined face mesh in pixels (x to the right, y down;
        integers are the centers of pixels).
    """

    folder: pathlib.Path
    names: tuple[str, ...]
    points: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def image(self, index: int) -> np.ndarray:
        """A photograph: uint8 RGB [H, W, 3]."""
        with Image.open(self.folder / self.names[index]) as image:
            return np.asarray(image.convert("RGB"))


def read_portraits(
    folder: str | os.PathLike, dense_landmarks: str | os.PathLike, split: str | None = None
) -> LandmarkedPortraits:
    """Finds the photographs of a folder that have dense landmarks.

    Args:
      folder: of photographs; with `splits.csv` (columns `file` and `split`) if a split is given.
      dense_landmarks: an .npz with `files` [B] (names) and `points_64th_px` int [B, 478, 2 or 3]
        (pixels times 64), as `tools/dense_landmarks/find_dense_landmarks.py` writes it.
      split: keeps only the photographs of this split.

    Raises:
      ValueError, OSError: names the file and what is wrong with it.
    """
    folder = pathlib.Path(folder)
    files, points = _read_landmarks(dense_landmarks)
    wanted = _names_of_split(folder / "splits.csv", split) if split else set(files)
    kept = [k for k, name in enumerate(files) if name in wanted and (folder / name).is_file()]
    if not kept:
        of_split = f" of split {split!r}" if split else ""
        raise ValueError(f"{folder}: holds no photograph{of_split} that {dense_landmarks} lists")
    return LandmarkedPortraits(folder, tuple(files[k] for k in kept), points[kept])


def _read_landmarks(path):
    try:
        with np.load(path, allow_pickle=False) as arrays:
            files, points = arrays["files"], arrays["points_64th_px"]
    except (KeyError, ValueError, EOFError) as error:
        raise ValueError(f"{path}: is no .npz of dense landmarks ({error})") from None
    if points.ndim != 3 or points.shape[1] != POINTS or points.shape[2] not in (2, 3):
        raise ValueError(
            f"{path}: points_64th_px has shape {points.shape}, not (photographs, {POINTS}, 3): "
            "the refined face mesh is needed, with irises"
        )
    if len(files) != len(points):
        raise ValueError(f"{path}: lists {len(files)} files, but points of {len(points)}")
    names = [str(name) for name in files]
    unsafe = [name for name in names if pathlib.PurePath(name).name != name]
    if unsafe:
        raise ValueError(f"{path}: files has {unsafe[0]!r}, which is no plain file name")
    return names, points[..., :2] / _UNITS_PER_PIXEL


def _names_of_split(path, split):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"file", "split"} <= rows[0].keys():
        raise ValueError(f"{path}: lacks the columns file and split, or has no row")
    names = {row["file"] for row in rows if row["split"] == split}
    if not names:
        raise ValueError(
            f"{path}: no row has split {split!r}; found are {sorted({r['split'] for r in rows})}"
        )
    return names
