"""How faces are compared with scans: the options of the benchmarks of geometry."""

import dataclasses
import os
import pathlib


def usable_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclasses.dataclass(frozen=True)
class GeometryOptions:
    """Everything that the benchmarks on scans and on known faces depend on.

    Attributes:
      folder: a data set in the layout of MICC or NoW; None for a stand-in that is made.
      protocol: a name in `PROTOCOLS` (micc).
      scales: how scales are chosen, one or more of `SCALES`; none for the protocol's own (micc).
      average: what is averaged over a video, one of `AVERAGES` (micc).
      frontal: how the scans of a subject are joined: "mean" or "min" (micc).
      frame_step: each so-manieth frame of a video is used (micc).
      methods: arguments NAME=FOLDER of meshes that other systems made (micc, now).
      pairs: wrong reconstructions that all protocols measure (protocols).
      faces: a folder of meshes in correspondence, or None for faces of the face model (protocols).
      processes: how many measure at once (protocols).
    """

    folder: pathlib.Path | None = None
    protocol: str = "paper"
    scales: tuple[str, ...] = ("per_mesh", "global")
    average: str = "embeddings"
    frontal: str = "mean"
    frame_step: int = 1
    methods: tuple[str, ...] = ()
    pairs: int = 105
    faces: str | None = None
    processes: int = dataclasses.field(default_factory=usable_processors)
