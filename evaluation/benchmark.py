"""All metrics of an evaluation: several methods, judged by several networks, on the same photos."""

import dataclasses

import numpy as np

from evaluation.bootstrap import Interval, paired_gain
from evaluation.coefficients import CoefficientStatistics, coefficient_statistics
from evaluation.likeness import JudgedPhotographs, Likeness


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Results of methods (decoders) on photographs.

    Attributes:
      likeness: what each judging network says of each method.
      gains: the paired difference of the frontal cosines, for each judging network, of the last
        method over each other one.
      statistics: the moments of each part of the coefficients, for each method that has some.
    """

    likeness: dict[str, dict[str, Likeness]]
    gains: dict[str, dict[str, Interval]]
    statistics: dict[str, dict[str, CoefficientStatistics]]

    def metrics(self) -> dict:
        """Returns all but the arrays, as JSON can hold it."""
        methods = {}
        for method in next(iter(self.likeness.values())):
            judged = {judge: results[method].metrics() for judge, results in self.likeness.items()}
            parts = self.statistics.get(method, {})
            coefficients = {part: vars(values) for part, values in parts.items()}
            methods[method] = judged | ({"coefficients": coefficients} if parts else {})
        gains = {
            judge: {pair: vars(gain) for pair, gain in pairs.items()}
            for judge, pairs in self.gains.items()
        }
        return {"decoders": methods, "gains": gains}


def summarize_methods(
    photos: dict[str, JudgedPhotographs],
    judged: dict[str, dict[str, Likeness]],
    coefficients: dict[str, dict[str, np.ndarray]],
) -> Evaluation:
    """Computes all metrics.

    Args:
      photos: the photographs as each judging network sees them.
      judged: what each judging network says of each method.
      coefficients: float [P, K], for each method and part ("shape", "texture").
    """
    statistics = {
        method: {part: coefficient_statistics(values) for part, values in parts.items()}
        for method, parts in coefficients.items()
    }
    gains = {judge: _gains(methods, photos[judge]) for judge, methods in judged.items()}
    return Evaluation(judged, gains, statistics)


def _gains(results: dict[str, Likeness], photos: JudgedPhotographs) -> dict[str, Interval]:
    *others, last = results
    people = photos.people
    return {
        f"{last} over {other}": paired_gain(
            results[other].scores[0], results[last].scores[0], people
        )
        for other in others
    }
