"""What is known of a face besides its surface: nose tip, landmarks, numbers of its vertices."""

import dataclasses

import numpy as np

from evaluation.geometry.similarity import Similarity
from evaluation.geometry.surface import Surface


@dataclasses.dataclass(frozen=True, eq=False)
class Face:
    """A face that is compared with another one.

    Attributes:
      surface: its mesh, in mm.
      nose_tip: float64 [3], where the tip of the nose is, or None if nobody said.
      landmarks: float64 [7, 3], those of the NoW benchmark, or None: the right eye's outer and
        inner corner, the left eye's inner and outer corner, the bottom of the nose, and the right
        and left corner of the mouth; right and left are the subject's.
      topology: a text that is the same for meshes whose vertices of the same number are the same
        points of a face; None for a mesh of its own.
      seen: bool [N], the vertices that were measured, where others were completed; None for all.
    """

    surface: Surface
    nose_tip: np.ndarray | None = None
    landmarks: np.ndarray | None = None
    topology: str | None = None
    seen: np.ndarray | None = None

    def moved(self, similarity: Similarity) -> "Face":
        """Moves the face with all its points."""
        return dataclasses.replace(
            self,
            surface=self.surface.moved(similarity),
            nose_tip=None if self.nose_tip is None else similarity(self.nose_tip),
            landmarks=None if self.landmarks is None else similarity(self.landmarks),
        )


@dataclasses.dataclass(frozen=True, eq=False)
class Template:
    """An average face, by which others are found, completed and numbered.

    Attributes:
      face: the average face, with nose tip, landmarks and topology; x to the subject's left, y up,
        z out of the face.
      components: float32 [K, 3N], how the vertices vary, each row times a standard normal number.
      regions: masks bool [N] of the vertices by the names of parts of the face.
    """

    face: Face
    components: np.ndarray
    regions: dict[str, np.ndarray]
