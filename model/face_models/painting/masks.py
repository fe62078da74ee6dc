"""Says where to paint, by smooth windows on the mean face that the 68 points of iBUG place.

A window is 1 where its part is and falls to 0 without a step: a step would show as a crack. Pairs
are symmetric, since so are the points.
"""

import numpy as np


class PaintMasks:
    """Makes windows float [N] in 0..1 on the skin of a mean face.

    Attributes:
      vertices: float [N, 3] mm, +x to the subject's left, +y up, +z out of the face.
      skin: 1 on skin.
      front: fades toward ears and back.
    """

    def __init__(self, vertices: np.ndarray, skin: np.ndarray, landmarks_68: np.ndarray):
        self.vertices = np.asarray(vertices, np.float64)
        self.skin = skin.astype(float)
        self._points = self.vertices[landmarks_68]
        # Places are given on a face of average size: eyes 63 mm apart, mouth 77 mm below the brows.
        self._scale = np.linalg.norm(self.eye(1) - self.eye(-1)) / 63.0
        depth = self.vertices[:, 2] - self._points[[36, 45], 2].mean()
        self.front = self.skin * smooth_step(depth / self._scale, -75, -25)

    def eye(self, side: int) -> np.ndarray:
        """Returns the middle of an eye [3]; side -1 is the subject's right."""
        return self.middle(range(36, 42) if side < 0 else range(42, 48))

    def middle(self, points) -> np.ndarray:
        """Returns the middle of some of the 68 points [3]."""
        return self._points[list(points)].mean(axis=0)

    def blob(self, anchor, offset, size) -> np.ndarray:
        """Makes a bell around an anchor (indices of the 68 points) plus an offset, `size` wide.

        Only x and y count: the surface decides the depth.
        """
        center = self.middle(anchor)[:2] + np.multiply(offset, self._scale)
        apart = (self.vertices[:, :2] - center) / np.multiply(size, self._scale)
        return self.front * np.exp(-np.sum(apart**2, axis=1))

    def pair(self, anchor, offset, size) -> np.ndarray:
        """Makes a blob and its mirror image; the anchor lies on the subject's left."""
        left = self.blob(anchor, offset, size)
        right = self.blob([_MIRRORED[i] for i in anchor], (-offset[0], offset[1]), size)
        return np.maximum(left, right)

    def line(self, stops, width) -> np.ndarray:
        """Makes a soft line through stops (index of a point, (dx, dy)) on the subject's left."""
        path = np.array([self._points[i][:2] + np.multiply(d, self._scale) for i, d in stops])
        return self.front * np.exp(-((self._distance(path) / (width * self._scale)) ** 2))

    def line_pair(self, stops, width) -> np.ndarray:
        """Makes a line and its mirror image."""
        mirrored = [(_MIRRORED[i], (-d[0], d[1])) for i, d in stops]
        return np.maximum(self.line(stops, width), self.line(mirrored, width))

    def along(self, points) -> tuple[np.ndarray, np.ndarray]:
        """Measures vertices along a row of the 68 points.

        Returns:
          The height [N] above the row in mm of an average face, and the place [N] along it, from 0
          at its first point to 1 at its last.
        """
        row = self._points[list(points), :2]
        x, order = self.vertices[:, 0], np.argsort(row[:, 0])
        height = self.vertices[:, 1] - np.interp(x, row[order, 0], row[order, 1])
        place = (x - row[0, 0]) / (row[-1, 0] - row[0, 0])
        return height / self._scale, place

    def eye_opening(self) -> np.ndarray:
        """Measures how far up between the lids vertices lie, [N]: 0 at the lower edge, 1 above."""
        rows = (
            ((36, 37, 38, 39), (36, 41, 40, 39)),
            ((42, 43, 44, 45), (42, 47, 46, 45)),
        )
        openings = []
        for upper, lower in rows:
            below, above = self.along(lower)[0], self.along(upper)[0]
            openings.append(below / np.maximum(below - above, 1e-3))
        return np.where(self.vertices[:, 0] < self.middle((27, 30))[0], *openings)

    def _distance(self, path):
        """Measures the distance [N] from a polyline [M, 2], seen from the front."""
        steps = np.linspace(0, 1, 16)[:, None]
        dense = np.concatenate(
            [a + steps * (b - a) for a, b in zip(path[:-1], path[1:], strict=True)]
        )
        return np.sqrt(
            np.min(np.sum((self.vertices[:, None, :2] - dense[None]) ** 2, axis=2), axis=1)
        )


def paint_places(masks: PaintMasks) -> dict[str, np.ndarray]:
    """Makes the windows [N] of all that is painted, by name; sizes are mm on an average face."""
    upper_lid = [(42, (1, 1)), (43, (0, 1)), (44, (0, 1)), (45, (2, 0))]
    lower_lid = [(42, (1, 0)), (47, (0, 0)), (46, (0, 0)), (45, (1, 0))]
    lash_lines = (masks.line_pair(upper_lid, 1.6), 0.4 * masks.line_pair(lower_lid, 1.4))
    crease = [(42, (0, 4)), (43, (0, 4)), (44, (0, 4)), (45, (2, 2))]
    bags = [(42, (2, -6)), (47, (0, -8)), (46, (2, -8)), (45, (3, -5))]
    jaw = [(13, (-2, 0)), (12, (-2, 2)), (11, (-2, 3)), (10, (-2, 4))]
    return {
        "nasolabial folds": nasolabial_folds(masks, (0, 0)),
        "sides of the nose": masks.line_pair([(27, (9, 2)), (29, (12, 0)), (30, (16, 2))], 5.0),
        "wings of the nose": masks.line_pair([(30, (17, 3)), (35, (6, 4)), (35, (3, -1))], 3.0),
        "below the nose": masks.blob((33,), (0, 2), (10, 4)),
        "ridge of the nose": masks.line([(27, (0, 0)), (30, (0, 1))], 4.5),
        "inner sockets": masks.pair((42,), (-3, 5), (8, 9)),
        "lid creases": masks.line_pair(crease, 2.5),
        "upper sockets": masks.pair((43, 44), (1, 9), (19, 8)),
        "below the eyes": masks.line_pair(bags, 5.0),
        "cheek hollows": masks.pair((54,), (19, 6), (13, 20)),
        "cheekbones": masks.pair((46,), (6, -22), (17, 9)),
        "jaw": masks.line_pair(jaw, 11.0),
        "chin crease": masks.blob((57,), (0, -8), (15, 4)),
        "chin": masks.blob((57,), (0, -21), (13, 9)),
        "philtrum": masks.blob((33, 51), (0, 0), (3.5, 6)),
        "temples": masks.pair((26,), (8, 12), (13, 24)),
        "glabella": masks.blob((21, 22), (0, -1), (9, 8)),
        "forehead": masks.blob((21, 22), (0, 28), (36, 18)),
        "mouth corners": masks.pair((54,), (4, -2), (5, 6)),
        "marionette lines": masks.line_pair([(54, (5, -5)), (54, (6, -22))], 5.0),
        "upper lip": masks.blob((33, 51), (0, 0), (22, 8)) * (1 - lips(masks)),
        "moustache": masks.blob((33, 51), (0, 0), (26, 7)),
        "chin beard": masks.blob((57,), (0, -18), (26, 19)),
        "jaw beard": masks.pair((11,), (0, 6), (26, 26)),
        "cheeks": masks.pair((46,), (4, -30), (20, 18)),
        "nose": masks.blob((30,), (0, 1), (16, 11)),
        "lids": masks.pair((43, 44), (0, 3), (17, 5)),
        "lash lines": np.maximum(*lash_lines),
    }


def lips(
    masks: PaintMasks, upper: float = 0.0, lower: float = 0.0, wider: float = 0.0
) -> np.ndarray:
    """Makes the red of the lips [N], which lies between their outlines.

    The outlines are moved outward by so many mm of an average face, and by a share of the mouth's
    width at each corner.
    """
    above_top, place = masks.along(range(48, 55))
    above_bottom, _ = masks.along((48, 59, 58, 57, 56, 55, 54))
    inside = smooth_step(upper - above_top, -1.2, 1.2)
    inside *= smooth_step(above_bottom + lower, -1.2, 1.2)
    ends = smooth_step(place + wider, -0.02, 0.1) * smooth_step(wider - place, -1.02, -0.9)
    return inside * ends * masks.front


def nasolabial_folds(masks: PaintMasks, offset) -> np.ndarray:
    """Makes folds [N] from the nose's wings past the mouth, their lower parts moved by mm."""
    dx, dy = offset
    return masks.line_pair([(35, (4, 4)), (35, (12 + dx, dy - 6)), (54, (9 + dx, dy - 4))], 4.0)


def smooth_step(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Rises from 0 at `low` to 1 at `high`, with a flat slope at both."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


# The 68 points that mirror each other.
_MIRRORED = {}
for _a, _b in (
    *((i, 16 - i) for i in range(9)),
    *((17 + i, 26 - i) for i in range(5)),
    *((i, i) for i in (27, 28, 29, 30, 33, 51, 57, 62, 66)),
    *((31, 35), (32, 34), (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)),
    *((48, 54), (49, 53), (50, 52), (59, 55), (58, 56), (60, 64), (61, 63), (67, 65)),
):
    _MIRRORED[_a], _MIRRORED[_b] = _b, _a
