"""Draws measured numbers beside true ones, a panel for each way of measuring."""

import io

import numpy as np
from matplotlib.figure import Figure


def scatter(true: np.ndarray, measured: dict[str, np.ndarray], kinds: list[str]) -> bytes:
    """Plots what each protocol says of faces with known errors.

    Args:
      true: float [P] mm.
      measured: float [P] mm for each protocol's name.
      kinds: the kind of error of each face; each has a color.

    Returns:
      A PNG file.
    """
    rows = -(-len(measured) // 3)
    figure = Figure(figsize=(11, 3.6 * rows), layout="constrained")
    panels = figure.subplots(rows, 3, squeeze=False).ravel()
    limit = 1.05 * max(true.max(), *(own.max() for own in measured.values()))
    kinds = np.array(kinds)
    for axes, (name, own) in zip(panels, measured.items(), strict=False):
        for kind in dict.fromkeys(kinds.tolist()):
            mask = kinds == kind
            axes.scatter(true[mask], own[mask], s=8, label=kind)
        axes.plot([0, limit], [0, limit], color="gray", lw=1, ls=":")
        correlation = np.corrcoef(true, own)[0, 1]
        axes.set(title=f"{name}: correlation {correlation:.2f}", xlim=(0, limit), ylim=(0, limit))
        axes.set(xlabel="true error in mm", ylabel="measured in mm")
    panels[0].legend(fontsize="x-small")
    for axes in panels[len(measured) :]:
        axes.set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
