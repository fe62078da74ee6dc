"""Parts of the mean face that photographs are read from in different ways."""

import dataclasses

import numpy as np

from model.face_models.contents import FaceModelContents
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
    mean = masks.vertices
    eyes_y = (masks.eye(1)[1] + masks.eye(-1)[1]) / 2
    chin_y = masks.middle((8,))[1]
    brow_y = masks.middle((19, 24))[1]
    x, y = np.abs(mean[:, 0]), mean[:, 1]
    # Around the middle of the face, not farther back than the sides of the eyes.
    outline = np.hypot(x / 78.0, (y - (eyes_y - 22)) / 104.0)
    depth = mean[:, 2] - masks.middle((36, 45))[2]
    seen = (1 - smooth_step(outline, 0.82, 1.05)) * smooth_step(depth, -52, -30)
    left_brow = (22, 23, 24, 25, 26)
    brows = masks.line_pair([(k, (0, -6)) for k in left_brow], 8.0)
    above_brows = masks.line_pair([(k, (0, 7)) for k in left_brow], 5.0) * (1 - brows)
    edges = [[(k, (0, 0)) for k in edge] for edge in ((60, 61, 62, 63, 64), (60, 67, 66, 65, 64))]
    line = np.maximum(*(masks.line(edge, 1.1) for edge in edges))
    lids = masks.pair((42, 45), (0, 1), (21, 12))
    mouth = np.maximum(lips(masks), masks.blob((51, 57), (0, 0), (27, 9)))
    beard_box = smooth_step(-y, -masks.middle((33,))[1] + 1, -masks.middle((33,))[1] + 6)
    beard = masks.front * beard_box * smooth_step(-y, -masks.middle((51,))[1] - 14, -chin_y)
    beard = np.maximum(beard, masks.blob((33, 51), (0, 0), (34, 12)))
    beard = np.maximum(beard, masks.blob((57,), (0, -22), (40, 26)))
    beard = np.maximum(beard, masks.pair((11,), (0, 0), (24, 30)))
    inner = np.zeros(len(mean))
    upper, lower = masks.along(range(60, 65))[0], masks.along((60, 67, 66, 65, 64))[0]
    place = masks.along(range(60, 65))[1]
    between = (upper < 1.0) & (lower > -1.0) & (place > 0.0) & (place < 1.0)
    inner[between & (masks.front > 0.5)] = 1.0
    eyeballs = 1.0 - skin
    glasses = masks.front * smooth_step(y, eyes_y - 37, eyes_y - 31)
    glasses *= 1 - smooth_step(y, brow_y + 6, brow_y + 12)
    hairy = masks.front * np.maximum(
        smooth_step(y, brow_y + 8, brow_y + 16), smooth_step(x, 56, 64)
    )
    plain = masks.front * seen * (1 - np.clip(2 * brows, 0, 1)) * (1 - np.clip(2 * lids, 0, 1))
    plain *= (1 - np.clip(2 * mouth, 0, 1)) * (1 - smooth_step(y, brow_y + 28, brow_y + 38))
    plain *= 1 - 0.75 * np.clip(beard, 0, 1)
    plain *= 1 - np.clip(1.5 * masks.line_pair([(31, (0, 0)), (33, (0, 2))], 6.0), 0, 1)
    plain *= 1 - smooth_step(x, 52, 64)
    return Places(
        plain=plain,
        hairy=hairy,
        beard=beard,
        brows=brows,
        above_brows=above_brows,
        lids=lids,
        lips=mouth,
        line=line,
        glasses=glasses,
        inside=inner,
        eyeballs=eyeballs,
        seen=seen,
    )
