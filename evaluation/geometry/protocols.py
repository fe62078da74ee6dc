"""The protocols of papers: lists of four choices, which can be exchanged one by one.

Each is our reading of a text; what the text leaves open stands in `docs/evaluation.md`. Figures of
different protocols do not compare.
"""

import dataclasses

import numpy as np

from evaluation.geometry.alignments import ALIGNMENTS
from evaluation.geometry.correspondences import CORRESPONDENCES
from evaluation.geometry.crops import CROPS
from evaluation.geometry.distances import DISTANCES, distance
from evaluation.geometry.face import Face, Template
from evaluation.geometry.icp import IcpReport
from evaluation.geometry.registration import in_topology

SCALES = ("per_mesh", "global", "none")


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How a prediction is compared with a scan.

    Attributes:
      crop, align, correspond, distance: names in `CROPS`, `ALIGNMENTS`, `CORRESPONDENCES` and
        `DISTANCES`.
      scale: whether each mesh gets a scale of its own, all meshes of a method one ("global"), or
        none.
      registers: whether both meshes are first brought into the template's numbers of vertices.
      samples: how many points of each mesh the alignment pairs at most.
    """

    crop: str
    align: str
    correspond: str
    distance: str
    scale: str = "per_mesh"
    registers: bool = False
    samples: int = 1200

    def __post_init__(self):
        choices = {"crop": CROPS, "align": ALIGNMENTS, "correspond": CORRESPONDENCES}
        for stage, known in (choices | {"distance": DISTANCES, "scale": SCALES}).items():
            if getattr(self, stage) not in known:
                raise ValueError(
                    f"{stage} is {getattr(self, stage)!r}, but must be one of {', '.join(known)}"
                )


PROTOCOLS = {
    "paper": Protocol("ball_95", "icp", "both_surfaces", "mean_point_to_plane"),
    "tran": Protocol("ball_95", "icp", "prediction_to_vertices", "rms_point_to_point"),
    "ganfit": Protocol("ball_95", "icp", "both_surfaces", "mean_point_to_plane", scale="global"),
    "now": Protocol("now_mask", "scan_to_mesh", "scan_to_surface", "median_point_to_point"),
    "realy": Protocol("regions", "icp_of_the_region", "scan_to_surface", "mean_point_to_point"),
    "dense": Protocol("ball_95", "numbers", "numbers", "mean_point_to_point", registers=True),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Measurement:
    """How far a prediction is from a scan.

    Attributes:
      distance_mm: the protocol's number, the mean over its patches.
      by_patch: the number of each patch.
      alignments: the report of each patch.
      scan: the scan as it was compared, registered where the protocol does that.
      errors_mm: float64 [N], by vertex of that scan; NaN where it was not compared.
    """

    distance_mm: float
    by_patch: dict[str, float]
    alignments: dict[str, IcpReport]
    scan: Face
    errors_mm: np.ndarray

    @property
    def scale(self) -> float:
        """The scale that the prediction was given."""
        return float(np.mean([report.similarity.scale for report in self.alignments.values()]))

    def warnings(self) -> list[str]:
        """What speaks against the alignments."""
        named = self.alignments.items()
        several = len(self.alignments) > 1
        return [
            f"{name}: {text}" if several else text
            for name, report in named
            for text in report.warnings()
        ]


def measure(
    prediction: Face, scan: Face, protocol: Protocol, template: Template, scale: float | None
) -> Measurement:
    """Compares a prediction with a scan.

    Args:
      prediction, scan: the meshes in mm, in any pose.
      protocol: the four choices.
      template: an average face.
      scale: the scale that the prediction gets, or None if it is free.

    Raises:
      ValueError: the face is not found, or the meshes do not meet.
    """
    if protocol.registers:
        prediction, scan = in_topology(prediction, template), in_topology(scan, template)
    errors = np.full(len(scan.surface.vertices), np.nan)
    distances, reports = {}, {}
    for name, patch in CROPS[protocol.crop](scan, template).items():
        report = ALIGNMENTS[protocol.align](
            prediction, scan, patch, template, scale, protocol.samples
        )
        moved = prediction.moved(report.similarity)
        pairs = CORRESPONDENCES[protocol.correspond](moved, scan, patch)
        distances[name] = distance(protocol.distance, pairs)
        reports[name] = report
        _note_errors(errors, protocol.distance, pairs, scan)
    mean = float(np.mean(list(distances.values())))
    return Measurement(mean, distances, reports, scan, errors)


def _note_errors(errors, name, pairs, scan):
    """Writes the distances of a patch's vertices, in place."""
    of_pair = DISTANCES[name][0]
    if pairs.of_scan is not None:
        errors[pairs.of_scan.indices] = of_pair(pairs.of_scan)
    else:
        # Only the prediction asked: a vertex of the scan shows the distance of one beside it.
        nearest = scan.surface.nearest_vertices(pairs.of_prediction.points)
        errors[nearest] = of_pair(pairs.of_prediction)
