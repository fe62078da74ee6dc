"""Reports on a set of photographs that was prepared: counts, reasons, and sheets to look at."""

import csv
import io
from collections.abc import Mapping

import numpy as np

from data_pipeline.feature_cache import FeatureCache, by_reason
from data_pipeline.photo_sheet import photo_sheet
from data_pipeline.photographs import Listing, Photograph
from storage.atomic import write_together
from storage.images import jpeg
from storage.printable import printable

_COLUMNS, _ROWS = 10, 6


def write_report(cache: FeatureCache, listing: Listing, facts: Mapping[str, str]) -> str:
    """Writes the report into the folder `report` of a set.

    The files are report.md, rejected.csv (every photograph that is not in the set, with the
    reason), accepted.jpg (aligned crops, evenly spread over the set), and rejected.jpg (a row of
    photographs for each kind of reason, of those that can be shown).

    Args:
      cache: the set.
      listing: the photographs that it was made of.
      facts: what else is worth saying, by name.

    Returns:
      The text of the report.
    """
    chosen = cache.spread(_COLUMNS * _ROWS)
    crops = list(cache.crops(chosen))
    accepted = [crops[k : k + _COLUMNS] for k in range(0, len(crops), _COLUMNS)]
    reasons = by_reason(cache.rejected)
    photographs = {photo.name: photo for photo in listing.photographs}
    rows = {reason: _images(names, photographs) for reason, names in reasons.items()}
    rows = {reason: images for reason, images in rows.items() if images}
    text = _text(cache, listing, facts, reasons, list(rows))
    files = {
        "report.md": text.encode("utf-8", "backslashreplace"),
        "rejected.csv": _table(cache),
        "accepted.jpg": jpeg(photo_sheet(accepted, 96)),
    }
    if rows:
        files["rejected.jpg"] = jpeg(photo_sheet(list(rows.values()), 96))
    write_together(cache.path / "report", files)
    return text


def _text(cache, listing, facts, reasons, shown) -> str:
    people = len({identity for identity in cache.identities if identity is not None})
    whose = f", of {people} people" if people else ""
    lines = [
        "# Photographs that were prepared",
        "",
        f"- accepted: {len(cache)}{whose} (accepted.jpg shows some of them)",
        f"- rejected: {len(cache.rejected)} (rejected.csv has each of them with its reason)",
        f"- encoded in {', '.join(cache.variants) or 'no variant'} by {cache.key.encoder_name} "
        f"({cache.key.encoder[:12]}), features {cache.key.feature_spec}",
        f"- points by {cache.key.detector}",
        *(f"- {name}: {value}" for name, value in facts.items()),
    ]
    if summary := listing.passed_over_summary():
        lines.append(f"- {summary}")
    if reasons:
        lines += ["", "| rejected | reason | for example |", "|---|---|---|"]
        lines += [
            f"| {len(names)} | {printable(reason)} | {printable(names[0])} |"
            for reason, names in reasons.items()
        ]
    if shown:
        listed = "; ".join(map(printable, shown))
        lines += ["", f"rejected.jpg has a row for each of these, from the top: {listed}."]
    return "\n".join([*lines, ""])


def _table(cache: FeatureCache) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["file", "reason"])
    table.writerows([rejection.name, rejection.reason] for rejection in cache.rejected)
    return text.getvalue().encode("utf-8", "surrogateescape")


def _images(names: list[str], photographs: Mapping[str, Photograph]) -> list[np.ndarray]:
    """Reads some of the photographs, those that can be read."""
    images = []
    for name in names[: 3 * _COLUMNS]:
        try:
            images.append(photographs[name].read())
        except (KeyError, OSError, ValueError):
            continue
        if len(images) == _COLUMNS:
            break
    return images
