"""Parts of the mean face that photographs are read from in different ways."""

import dataclasses

import numpy as np

from model.face_model_contents import FaceModelContents
from model.face_models.painting.masks import PaintMasks, lips, smooth_step


@dataclasses.dataclass(frozen=True)
class Places:
    """Windows float [N] in 0..1 on the mean face; symmetric, since so is the mean face.

    Attributes:
      plain: skin that is as it is in nearly everyone: cheeks, nose, middle of the forehead.
      hairy: forehead, temples and sides, where hair of the head may hang.
      beard: around mouth and chin.
      brows, above_brows, lids, lips: about these parts.
      line: between the lips, where they meet.
      glasses: where frames and glass may lie.
      inside: between lips, and what else no photograph shows as skin.
      eyeballs: 1 on sclera, iris and pupil.
      seen: what portraits show: the front, without scalp, neck and ears.
    """

    plain: np.ndarray
    hairy: np.ndarray
    beard: np.ndarray
    brows: np.ndarray
    above_brows: np.ndarray
    lids: np.ndarray
    lips: np.ndarray
    line: np.ndarray
    glasses: np.ndarray
    inside: np.ndarray
    eyeballs: np.ndarray
    seen: np.ndarray


def find_places(face_model: FaceModelContents) -> Places:
    """Finds the parts by the 68 points of iBUG and the regions of the model's file.

    Raises:
      ValueError: the model lacks points or the region "skin".
    """
    points = face_model.landmarks_68
    if points is None or np.any(points < 0):
        raise ValueError("the colors of a face model are learned by its 68 landmarks; some lack")
    if "skin" not in face_model.regions:
        raise ValueError("the colors of a face model are learned by its region 'skin'; it has none")
    skin = face_model.regions["skin"]
    masks = PaintMasks(face_model.shape.mean, skin, points)
    brows = masks.line_pair([(k, (0, -6)) for k in _LEFT_BROW], 8.0)
    lids = masks.pair((42, 45), (0, 1), (21, 12))
    mouth = np.maximum(lips(masks), masks.blob((51, 57), (0, 0), (27, 9)))
    seen, beard = _seen(masks), _beard(masks)
    return Places(
        plain=_plain(masks, seen, beard, [brows, lids, mouth]),
        hairy=_hairy(masks),
        beard=beard,
        brows=brows,
        above_brows=masks.line_pair([(k, (0, 7)) for k in _LEFT_BROW], 5.0) * (1 - brows),
        lids=lids,
        lips=mouth,
        line=np.maximum(*(masks.line([(k, (0, 0)) for k in row], 1.1) for row in _INNER_LIPS)),
        glasses=_glasses(masks),
        inside=_inside(masks),
        eyeballs=1.0 - skin,
        seen=seen,
    )


# Of the 68 points: a brow, and the inner edges of upper and lower lip.
_LEFT_BROW = (22, 23, 24, 25, 26)
_INNER_LIPS = ((60, 61, 62, 63, 64), (60, 67, 66, 65, 64))


def _eye_level(masks):
    return (masks.eye(1)[1] + masks.eye(-1)[1]) / 2


def _brow_level(masks):
    return masks.middle((19, 24))[1]


def _seen(masks):
    """Around the middle of the face, not farther back than the sides of the eyes."""
    x, y, z = masks.vertices.T
    outline = np.hypot(np.abs(x) / 78.0, (y - (_eye_level(masks) - 22)) / 104.0)
    depth = z - masks.middle((36, 45))[2]
    return (1 - smooth_step(outline, 0.82, 1.05)) * smooth_step(depth, -52, -30)


def _beard(masks):
    y = masks.vertices[:, 1]
    below_nose = masks.middle((33,))[1] - y
    below_lips = masks.middle((51,))[1] - y
    to_chin = masks.middle((51,))[1] - masks.middle((8,))[1]
    beard = masks.front * smooth_step(below_nose, 1, 6) * smooth_step(below_lips, -14, to_chin)
    tufts = [
        masks.blob((33, 51), (0, 0), (34, 12)),
        masks.blob((57,), (0, -22), (40, 26)),
        masks.pair((11,), (0, 0), (24, 30)),
    ]
    return np.maximum.reduce([beard, *tufts])


def _inside(masks):
    upper, place = masks.along(_INNER_LIPS[0])
    lower, _ = masks.along(_INNER_LIPS[1])
    between = (upper < 1.0) & (lower > -1.0) & (place > 0.0) & (place < 1.0)
    return np.where(between & (masks.front > 0.5), 1.0, 0.0)


def _glasses(masks):
    y, eyes, brows = masks.vertices[:, 1], _eye_level(masks), _brow_level(masks)
    above_rim = smooth_step(y, eyes - 37, eyes - 31)
    return masks.front * above_rim * (1 - smooth_step(y, brows + 6, brows + 12))


def _hairy(masks):
    x, y, brows = np.abs(masks.vertices[:, 0]), masks.vertices[:, 1], _brow_level(masks)
    return masks.front * np.maximum(smooth_step(y, brows + 8, brows + 16), smooth_step(x, 56, 64))


def _plain(masks, seen, beard, features):
    x, y, brows = np.abs(masks.vertices[:, 0]), masks.vertices[:, 1], _brow_level(masks)
    plain = masks.front * seen * (1 - smooth_step(y, brows + 28, brows + 38))
    plain *= (1 - 0.75 * np.clip(beard, 0, 1)) * (1 - smooth_step(x, 52, 64))
    nostrils = masks.line_pair([(31, (0, 0)), (33, (0, 2))], 6.0)
    for window in (*(2 * feature for feature in features), 1.5 * nostrils):
        plain *= 1 - np.clip(window, 0, 1)
    return plain
