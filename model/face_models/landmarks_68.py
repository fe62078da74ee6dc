"""The vertices of the 68 points of iBUG (Multi-PIE) on face models, where they are known.

The tables number the points from 1, as iBUG's markup does; arrays are indexed from 0.
"""

import numpy as np

# The points that are also landmarks of the Basel Face Model, with its names.
NAMED_POINTS = {
    9: "center.chin.tip",
    31: "center.nose.tip",
    34: "center.nose.attachement_to_philtrum",
    37: "right.eye.corner_outer",
    40: "right.eye.corner_inner",
    43: "left.eye.corner_inner",
    46: "left.eye.corner_outer",
    49: "right.lips.corner",
    52: "center.lips.upper.outer",
    55: "left.lips.corner",
    58: "center.lips.lower.outer",
    63: "center.lips.upper.inner",
    67: "center.lips.lower.inner",
}

# Vertices of two face models, known by their numbers of vertices, as published with the library eos
# (https://github.com/patrikhuber/eos, share/ibug_to_bfm2017-1_bfm_nomouth.txt and ibug_to_bfm.txt).
_BFM_2017 = dict(
    [(9, 47846), (31, 8156), (37, 2602), (40, 5830), (43, 10390), (46, 13481), (49, 5522)]
    + [(50, 6026), (51, 7355), (52, 8181), (53, 9007), (54, 10329), (55, 10857), (56, 9730)]
    + [(57, 8670), (58, 8199), (59, 7726), (60, 6898), (61, 6291), (62, 7364), (63, 8190)]
    + [(64, 9016), (65, 10088), (66, 8663), (67, 8191), (68, 7719)]
)
_BFM_2009 = dict(
    [(18, 38792), (20, 40087), (22, 40514), (23, 41091), (25, 41511), (27, 42825), (31, 8319)]
    + [(34, 8334), (37, 2088), (40, 5959), (43, 10603), (46, 14472), (49, 5006), (52, 8344)]
    + [(55, 11714), (58, 8374), (63, 8354), (67, 8366)]
)
_BY_VERTEX_COUNT = {53149: _BFM_2017, 53490: _BFM_2009}

# A table fits a file if its points lie at most so far from the file's own landmarks.
_AGREEMENT_MM = 8.0


def known_points(vertices: np.ndarray) -> dict[int, int]:
    """Finds the published table for a model of so many vertices.

    Args:
      vertices: float [N, 3] mm, the mean.

    Returns:
      The vertices of points; {} if there is no table.
    """
    return dict(_BY_VERTEX_COUNT.get(len(vertices), {}))


def named_landmarks(points: dict[int, int]) -> dict[str, int]:
    """Finds the landmarks of the Basel Face Model among the vertices of points, by their names."""
    return {name: points[point] for point, name in NAMED_POINTS.items() if point in points}


def landmarks_68(vertices: np.ndarray, landmarks: dict[str, int]) -> np.ndarray | None:
    """Finds the vertices of the 68 points, in the published table if it fits, else by landmarks.

    Args:
      vertices: float [N, 3] mm, the mean.
      landmarks: names to vertices.

    Returns:
      int32 [68], -1 where no vertex is known; None if none is known at all.
    """
    points = {point: landmarks[n] for point, n in NAMED_POINTS.items() if n in landmarks}
    table = known_points(vertices)
    if table and _agrees(table, points, vertices):
        points = points | table
    if not points:
        return None
    indices = np.full(68, -1, np.int32)
    for point, vertex in points.items():
        indices[point - 1] = vertex
    return indices


def _agrees(table, points, vertices):
    """Says whether a table is of this very mesh, and not of another one of the same size."""
    common = table.keys() & points.keys()
    gaps = [np.linalg.norm(vertices[table[p]] - vertices[points[p]]) for p in common]
    return all(gap < _AGREEMENT_MM for gap in gaps)
