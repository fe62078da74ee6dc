"""Keeps results and photographs apart: what a command writes must never be read as a photograph."""

import dataclasses
import pathlib

from data_pipeline.photographs import Listing


def check_apart(output: pathlib.Path, photographs: pathlib.Path) -> None:
    """Refuses a folder of results that is the folder of photographs.

    Raises:
      ValueError: both are one folder.
    """
    if output.resolve() == photographs.resolve():
        raise ValueError(
            f"{photographs}: photographs and results need different folders; change --output_dir"
        )


def without_results(listing: Listing, output: pathlib.Path) -> Listing:
    """Leaves out the pictures that an earlier run wrote inside of the folder of photographs."""
    folder = output.resolve()
    kept = [p for p in listing.photographs if not p.path.resolve().is_relative_to(folder)]
    return dataclasses.replace(listing, photographs=tuple(kept))
