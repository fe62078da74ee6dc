"""What prepares photographs, from the options of a command: every process makes its own."""

import dataclasses

from data_pipeline.detection import AlignedFaces, Detector, make_detector
from data_pipeline.shard_work import Tools
from flag_sets import EncoderOptions
from model import identity
from model.crop import Crop


@dataclasses.dataclass(frozen=True)
class ToolOptions:
    """Which network reads photographs, and how their faces are found.

    Attributes:
      encoder: the network.
      landmarks: a CSV file of five points a photograph; None for the detector.
      aligned: whether the photographs are crops of the network's own kind already.
    """

    encoder: EncoderOptions
    landmarks: str | None = None
    aligned: bool = False

    def make(self) -> Tools:
        """Loads the network and the detector.

        Raises:
          OSError, ValueError: a file is missing or damaged.
        """
        encoder = identity.load(self.encoder.name, self.encoder.weights, self.encoder.features)
        return Tools(encoder, self._detector(encoder.crop))

    def _detector(self, crop: Crop) -> Detector:
        return AlignedFaces(crop) if self.aligned else make_detector(self.landmarks)
