"""Draws the plots of a report, as PNG and PDF files."""

import io

import numpy as np
from matplotlib.figure import Figure

from evaluation.likeness import JudgedPhotographs, Likeness
from evaluation.robustness import Curve
from evaluation.section import Picture

_MAX_RANK = 20


def score_distributions(
    network: str, photos: JudgedPhotographs, results: dict[str, Likeness], bins: int = 50
) -> Picture:
    """Plots cosines of photograph and render beside those of pairs of photographs (figure 5).

    Args:
      network: the name of the network that judges.
      photos: the photographs.
      results: what each decoder, by its name, reached.
      bins: how many bins the histograms have.
    """
    edges = np.linspace(-1, 1, bins + 1)
    figure, axes = _figure(f"Cosines by {network}", "cosine", "density")
    pairs = (("pairs of different people", photos.different), ("pairs of one person", photos.same))
    for label, histogram in pairs:
        if histogram.total:
            axes.hist(
                histogram.centers,
                edges,
                weights=histogram.counts,
                density=True,
                alpha=0.3,
                label=f"photographs, {label}: mean {histogram.mean:.2f}",
            )
    for name, likeness in results.items():
        label = f"photograph and render, {name}: mean {likeness.summaries[0].mean:.2f}"
        axes.hist(likeness.scores[0], edges, density=True, histtype="step", lw=2, label=label)
    low = min([-0.2, *(likeness.scores[0].min() for likeness in results.values())])
    axes.set_xlim(low - 0.05, 1)
    return _picture(figure, axes, f"cosines_{network}")


def recall_curves(network: str, results: dict[str, Likeness]) -> Picture:
    """Plots identity recall within the nearest k photographs, over k."""
    title = f"Right person among the nearest k photographs, by {network}"
    figure, axes = _figure(title, "k", "fraction of the reconstructions")
    places = np.arange(1, _MAX_RANK + 1)
    for name, likeness in results.items():
        hits = [np.sum(likeness.ranks <= k) / likeness.recall.queries for k in places]
        axes.plot(places, hits, marker="o", ms=3, label=name)
    identities = next(iter(results.values())).recall.identities
    axes.plot(places, np.minimum(1, places / identities), color="gray", ls=":", label="guessing")
    axes.set_ylim(0, 1)
    axes.set_xticks([1, *range(5, _MAX_RANK + 1, 5)])
    return _picture(figure, axes, f"recall_{network}")


def component_variances(variances: dict[str, np.ndarray], part: str) -> Picture:
    """Plots the variance of each coefficient over the photographs, beside that of random faces.

    Args:
      variances: float [K] for each decoder's name.
      part: "shape" or "texture".
    """
    title = f"Variance of the {part} coefficients over the photographs"
    figure, axes = _figure(title, "component", "variance")
    axes.axhspan(0.5, 1.5, color="gray", alpha=0.15, label="0.5 to 1.5")
    axes.axhline(1.0, color="gray", ls=":", label="faces of the model")
    for name, values in variances.items():
        axes.plot(np.arange(1, len(values) + 1), values, marker="o", ms=3, lw=1, label=name)
    axes.set_ylim(bottom=0)
    return _picture(figure, axes, f"variance_{part}")


def robustness_curves(curves: dict[str, dict[str, Curve]], units: dict[str, str]) -> Picture:
    """Plots how alike faces stay while their photographs are changed (figure 6).

    Args:
      curves: for each decoder, the curve of each change.
      units: what the levels of each change are.
    """
    columns = 3
    rows = -(-len(units) // columns)
    figure = Figure(figsize=(4 * columns, 2.8 * rows), layout="constrained")
    figure.suptitle("Likeness to the face from the unchanged photograph, by the scorer")
    for place, (change, unit) in enumerate(units.items(), 1):
        axes = figure.add_subplot(rows, columns, place)
        axes.set(title=change, xlabel=unit, ylim=(0, 1.02))
        axes.grid(alpha=0.3)
        for name, of_decoder in curves.items():
            own = of_decoder[change]
            ends = [(interval.low, interval.high) for interval in own.cosine]
            means = [interval.mean for interval in own.cosine]
            axes.plot(own.levels, means, marker="o", ms=3, label=name)
            axes.fill_between(own.levels, *zip(*ends, strict=True), alpha=0.2)
    axes.legend(fontsize="small")
    return _files(figure, "robustness", figure.get_suptitle())


def _figure(title: str, x_label: str, y_label: str):
    # Without pyplot there is neither a window nor state that outlives the figure.
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    return figure, axes


def _picture(figure, axes, name: str) -> Picture:
    axes.legend(fontsize="small")
    axes.grid(alpha=0.3)
    return _files(figure, name, axes.get_title())


def _files(figure, name: str, caption: str) -> Picture:
    # Software and date would make equal figures differ.
    png = _saved(figure, format="png", dpi=110, metadata={"Software": None})
    pdf = _saved(figure, format="pdf", metadata={"CreationDate": None, "Producer": None})
    return Picture(f"{name}.png", png, caption, {f"{name}.pdf": pdf})


def _saved(figure, **options) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, **options)
    return buffer.getvalue()
