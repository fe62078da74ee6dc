"""Prints docs/experiments.md's table: a row for each setting, means over its runs.

    python -m tools.experiments.table runs/experiments

Each setting has runs in folders named SETTING_SEED, and each run the evaluation of its decoder in
a folder `tune`, as `tools/experiments/run.sh` leaves them. The number after ± is half of the range
over the runs.
"""

import argparse
import collections
import json
import pathlib

from model.decoder_io import read_metadata

COLUMNS = (
    *("setting", "runs", "encoder, frontal", "±30°", "scorer, frontal", "±30°", "Top-1", "Top-5"),
    *("gray, cosine", "gray, Top-1", "RMS of means", "variance", "largest", "R²"),
)


def main() -> None:
    """Prints the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="holds the runs")
    by_setting = collections.defaultdict(list)
    for run in sorted(parser.parse_args().folder.glob("*_[0-9]")):
        if (run / "tune" / "metrics.json").is_file():
            by_setting[run.name.rpartition("_")[0]].append(figures(run))
    print(row(COLUMNS), row(["---"] * len(COLUMNS)), sep="\n")
    for setting, runs in by_setting.items():
        print(row([setting, len(runs), *map(over_runs, zip(*runs, strict=True))]))


def figures(run: pathlib.Path) -> list[float]:
    """Reads the figures of one run, in the order of the columns after the first two.

    The coefficients' are the worse ones of shape and texture; the variance that of the part whose
    variance is farther from 1.
    """
    metrics = json.loads((run / "tune" / "metrics.json").read_text())
    [(name, judged)] = metrics["decoders"].items()
    gray = metrics["gray"][name]["scorer"]
    parts = judged["coefficients"].values()
    notes = read_metadata(run / "decoder.npz")["notes"]
    cosines = [
        judged[judge]["cosine"][view]["mean"]
        for judge in ("encoder", "scorer")
        for view in ("yaw_0", "yaw_30")
    ]
    return [
        *cosines,
        *(judged["scorer"]["recall"][top] for top in ("top_1", "top_5")),
        gray["cosine"]["yaw_0"]["mean"],
        gray["recall"]["top_1"],
        max(part["mean_rms"] for part in parts),
        max((part["variance"] for part in parts), key=lambda variance: abs(variance - 1)),
        max(part["largest"] for part in parts),
        notes["metrics"]["r_squared/shape_first_10"],
    ]


def over_runs(values: tuple[float, ...]) -> str:
    """The mean, and half of the range where there are several values."""
    text = f"{sum(values) / len(values):.3f}"
    return f"{text} ± {(max(values) - min(values)) / 2:.3f}" if len(values) > 1 else text


def row(cells) -> str:
    """A row of Markdown."""
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
