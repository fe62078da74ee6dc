"""The NoW benchmark's figures: median, mean and deviation, and the cumulative curve."""

import io

import numpy as np
from matplotlib.figure import Figure

from evaluation.table import Table

# The curve ends here, as in the benchmark's own plots.
_LIMIT_MM = 7.0

# Distances float [M] mm of all vertices, by challenge, by method.
Distances = dict[str, dict[str, np.ndarray]]


def now_table(distances: Distances) -> Table:
    """Shows median, mean and standard deviation over all vertices of all scans, in mm."""
    rows = []
    for method, by_challenge in distances.items():
        parts = [("all", np.concatenate(list(by_challenge.values())))] if by_challenge else []
        for challenge, own in [*parts, *by_challenge.items()]:
            figures = [float(np.median(own)), float(own.mean()), float(own.std()), len(own)]
            rows.append([f"{method}: {challenge}", *figures])
    return Table(
        title="NoW: distance from scan to mesh in mm",
        columns=["method: challenge", "median", "mean", "std", "vertices"],
        rows=rows,
        note="Over all vertices of all scans, as the benchmark does it; a picture without a "
        "reconstruction does not count and is listed.",
    )


def cumulative_plot(distances: Distances) -> bytes:
    """Plots the part of the vertices within a distance, a curve for each method; a PNG file."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    grid = np.linspace(0, _LIMIT_MM, 281)
    for method, by_challenge in distances.items():
        if by_challenge:
            own = np.sort(np.concatenate(list(by_challenge.values())))
            part = 100 * np.searchsorted(own, grid, side="right") / len(own)
            axes.plot(grid, part, label=method)
    axes.set(xlabel="distance in mm", ylabel="% of the vertices", ylim=(0, 100))
    axes.set(xlim=(0, _LIMIT_MM), title="Cumulative distances from scan to mesh")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="lower right")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
