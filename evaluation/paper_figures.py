"""The paper's figures on photographs, and on which data sets they may stand beside ours.

All of them are by VGG-Face (section 4.3). Figures on other photographs, or by another network, mean
something else and are never put beside these.
"""

import dataclasses
import re
from collections.abc import Sequence

# The name in `model.identity` of the network by which the paper judges.
SCORER = "vgg_face"
_LFW_FILE = re.compile(r"(?:.*/)?(?P<person>[^/]+)/(?P=person)_\d{4}\.jpg$")


@dataclasses.dataclass(frozen=True)
class PaperFigures:
    """What the paper reports on one data set, by method; its own is "ours".

    Attributes:
      data_set: its name.
      recall: Top-1 and Top-5 (table 3).
      distances: the earth mover's distances to same and different (table 2), where they are to the
        pairs of this data set; those of the others are to the pairs of LFW.
      mean: the average cosine of the paper's own method, or None where it is not said.
    """

    data_set: str
    recall: dict[str, tuple[float, float]]
    distances: dict[str, tuple[float, float]]
    mean: float | None

    def cosines(self) -> dict[str, tuple[float | None, ...]]:
        """The mean cosine and both distances, by method."""
        figures = {name: (None, *pair) for name, pair in self.distances.items()}
        ours = self.distances.get("ours", (None, None))
        return figures | {"ours": (self.mean, *ours)}


LFW = PaperFigures(
    data_set="LFW",
    recall={"guessing": (0.0002, 0.001), "Tran et al.": (0.001, 0.002), "ours": (0.16, 0.51)},
    distances={"Tran et al.": (0.32, 0.09), "ours": (0.14, 0.26)},
    mean=None,
)
MOFA_TEST = PaperFigures(
    data_set="MoFA-Test",
    recall={
        "guessing": (0.01, 0.06),
        "MoFA": (0.19, 0.54),
        "Tran et al.": (0.25, 0.62),
        "ours": (0.87, 0.96),
    },
    distances={},
    mean=0.403,
)


def figures_for(
    names: Sequence[str], identities: Sequence[str], scorer: str
) -> PaperFigures | None:
    """Finds the figures of the paper that were made by the same protocol; None if there are none.

    LFW is known by its layout, its 5,749 people and 12,900 photographs or more (the paper keeps
    12,993 of 13,233), MoFA-Test by its 84 photographs of 78 people.

    Args:
      names: of all photographs, with those in which no face was found.
      identities: whose each is.
      scorer: the name of the network that judges.
    """
    if scorer != SCORER:
        return None
    people = len(set(identities))
    if len(names) == 84 and people == 78:
        return MOFA_TEST
    is_lfw = 12_900 <= len(names) <= 13_233 and 5_700 <= people <= 5_749
    return LFW if is_lfw and all(map(_LFW_FILE.match, names)) else None
