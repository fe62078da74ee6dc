"""How alike a network finds frames of videos and renders of faces and scans (table 2)."""

import numpy as np

from evaluation.bootstrap import Interval, ends, mean_interval
from evaluation.recognition import cosines, earth_movers_distance, pair_histograms
from evaluation.table import Table, interval_text


class FrameScores:
    """The cosines of frames and renders by one network, by method."""

    def __init__(self, frames: np.ndarray, people: list[str]):
        """Compares all frames with each other.

        Args:
          frames: float32 [F, E], their embeddings.
          people: whose they are.
        """
        self._frames, self._people = frames, people
        self.same, self.different = pair_histograms(frames, people)
        self.cosines: dict[str, np.ndarray] = {}

    def add(self, method: str, renders: np.ndarray) -> None:
        """Compares each frame with its own render, float32 [F, E]."""
        self.cosines[method] = cosines(self._frames, renders)

    def interval(self, method: str) -> Interval:
        """The mean cosine with its interval over people."""
        return mean_interval(self.cosines[method], self._people)

    def distances(self, method: str) -> tuple[float | None, float | None]:
        """The earth mover's distances to pairs of frames of the same and of different people."""
        own = self.cosines[method]
        return earth_movers_distance(own, self.same), earth_movers_distance(own, self.different)

    def metrics(self) -> dict:
        """Returns all figures, as JSON can hold them."""
        return {
            method: {
                "mean": float(own.mean()),
                "interval": ends(self.interval(method)),
                "deviation": float(own.std()),
                "earth_movers_distance": dict(
                    zip(("same", "different"), self.distances(method), strict=True)
                ),
            }
            for method, own in self.cosines.items()
        }


def scan_likeness_table(by_network: dict[str, FrameScores]) -> Table:
    """Shows the cosines of each method, a row for each network and method."""
    rows = []
    for network, scores in by_network.items():
        for method, own in scores.cosines.items():
            interval = scores.interval(method)
            spread = [interval_text(interval), float(own.std())]
            rows.append([f"{network}: {method}", interval.mean, *spread, *scores.distances(method)])
        pairs = {"pairs of one person": scores.same, "pairs of different people": scores.different}
        rows += [
            [f"{network}: {name}", pair.mean if pair.total else None, *[None] * 4]
            for name, pair in pairs.items()
        ]
    return Table(
        title="Frames of videos and renders of faces and scans",
        columns=["network: method", "cosine", "interval", "deviation", "EMD same", "EMD different"],
        rows=rows,
        note="Each frame is compared with the render of the face that was made of its video, and "
        "with that of the person's textured scan, in the fixed scene (table 2 of the paper, row "
        "GT). EMD: earth mover's distance to the cosines of pairs of frames of the same person and "
        "of different people; pairs of one video count. Intervals: 95 % percentile bootstrap over "
        "people.",
    )
