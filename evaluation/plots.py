"""Draws the plots of a report, as PNG and PDF files."""

import io
import pathlib

import numpy as np
from matplotlib.figure import Figure

from evaluation.likeness import JudgedPhotographs, Likeness
from evaluation.robustness import Curve
from evaluation.section import Picture

_MAX_RANK = 20


def score_distributions(
    network: str, photos: JudgedPhotographs, results: dict[str, Likeness], bins: int = 60
) -> Picture:
    """Plots cosines of photograph and render below those of pairs of photographs (figure 5).

    Args:
      network: the name of the network that judges.
      photos: the photographs.
      results: what each method, by its name, reached.
      bins: how many bins the histograms have.
    """
    low = min([-0.2, *(likeness.scores[0].min() for likeness in results.values())]) - 0.05
    edges = np.linspace(low, 1, bins + 1)
    figure = Figure(figsize=(7, 1.6 * (1 + len(results)) + 0.6), layout="constrained")
    figure.suptitle(f"Cosines by {network}")
    rows = figure.subplots(1 + len(results), 1, sharex=True, squeeze=False)[:, 0]
    pairs = (("different people", photos.different, "C3"), ("one person", photos.same, "C0"))
    for label, histogram, color in pairs:
        if histogram.total:
            weights = histogram.counts / histogram.total
            text = f"two photographs of {label}"
            _distribution(rows[0], histogram.centers, weights, edges, text, histogram.mean, color)
    for axes, (name, likeness) in zip(rows[1:], results.items(), strict=True):
        scores = likeness.scores[0]
        weights = np.full(len(scores), 1 / len(scores))
        text = f"photograph and render, {name}"
        _distribution(axes, scores, weights, edges, text, scores.mean(), "C2")
    rows[-1].set(xlabel="cosine", xlim=(low, 1))
    caption = (
        f"Distributions of the cosine by the {network}: of all pairs of photographs (top), and of "
        "each photograph and the render of the face from it, by method (below). The numbers are "
        "means. Camera and light are the same for all renders."
    )
    return _files(figure, f"cosines_{network}", caption)


def _distribution(axes, values, weights, edges, label, mean, color):
    density = weights / (edges[1] - edges[0])
    text = f"{label}: {mean:.3f}"
    axes.hist(values, edges, weights=density, color=color, alpha=0.45, label=text)
    axes.axvline(mean, color=color, lw=1.5)
    axes.set_yticks([])
    axes.grid(alpha=0.3, axis="x")
    # Above the panel it hides no bar.
    place = {"loc": "lower left", "bbox_to_anchor": (-0.01, 0.97), "frameon": False}
    axes.legend(fontsize="small", ncols=2, **place)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)


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
    caption = (
        f"How often the right person is among the nearest k photographs, by the {network}. The "
        "dotted line is what guessing reaches."
    )
    return _picture(figure, axes, f"recall_{network}", caption)


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
    caption = (
        f"The variance of each {part} coefficient over the photographs. Random faces of the face "
        "model have a variance of 1; the band is 0.5 to 1.5."
    )
    return _picture(figure, axes, f"variance_{part}", caption)


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
    _legend(figure, axes)
    caption = (
        "How alike the face stays to the one from the unchanged photograph, as the photograph gets "
        "worse: cosines of frontal renders by the scorer, with 95 % intervals over people."
    )
    return _files(figure, "robustness", caption)


def renamed(picture: Picture, name: str) -> Picture:
    """The same plot under another name, in all its files."""
    more = {f"{name}{pathlib.PurePath(old).suffix}": data for old, data in picture.more.items()}
    suffix = pathlib.PurePath(picture.name).suffix
    return Picture(f"{name}{suffix}", picture.data, picture.caption, more)


def _figure(title: str, x_label: str, y_label: str):
    # Without pyplot there is neither a window nor state that outlives the figure.
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    return figure, axes


def _picture(figure, axes, name: str, caption: str) -> Picture:
    _legend(figure, axes)
    axes.grid(alpha=0.3)
    return _files(figure, name, caption)


def _legend(figure, axes):
    """Says below the panels what the lines of these axes are; inside it would hide some."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, fontsize="small", loc="outside lower center", ncols=3)


def _files(figure, name: str, caption: str) -> Picture:
    # Software and date would make equal figures differ.
    png = _saved(figure, format="png", dpi=110, metadata={"Software": None})
    pdf = _saved(figure, format="pdf", metadata={"CreationDate": None, "Producer": None})
    return Picture(f"{name}.png", png, caption, {f"{name}.pdf": pdf})


def _saved(figure, **options) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, **options)
    return buffer.getvalue()
