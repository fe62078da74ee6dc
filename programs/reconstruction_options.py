"""Everything that a reconstruction depends on."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

from model.trained import Parts
from programs.face_formats import FORMATS


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that a reconstruction depends on.

    Attributes:
      output: the folder of the results.
      photographs: files, folders and patterns of photographs and videos.
      checkpoint: a decoder file or the folder of a run.
      parts: the face model and the encoder, where they are not the decoder's own.
      landmarks: a CSV file of five points a photograph; None for the detector.
      limit: at most so many photographs, or None.
      photographed_tone: whether faces get the skin tone that the photograph shows, with its
        exposure and its color cast, instead of the person's own, which is decoded.
      all_faces: whether all faces of a photograph are wanted, or the largest one.
      formats: what is written of a face, some of `face_formats.FORMATS` and of its `EXTRAS`.
      video_every: of videos every n-th frame is a photograph.
      merge: whether all photographs show one person, whose one face is wanted.
      skip_finished: whether photographs are left out of which the folder of results has all.
      jobs: how many processes share the work.
      texture_size: width and height of textures in pixels.
      refine_steps: how many steps fit each face to its photograph after it was decoded.
      expression: strengths of named expressions that faces show; empty for faces at rest.
      texture_layout: one of `face_formats.TEXTURE_LAYOUTS`.
      glb_texture: whether GLB files have a texture, or colors of vertices.
    """

    output: pathlib.Path
    photographs: Sequence[str]
    checkpoint: str | pathlib.Path
    parts: Parts
    landmarks: str | None
    limit: int | None
    photographed_tone: bool = False
    all_faces: bool = False
    formats: Sequence[str] = tuple(FORMATS)
    video_every: int = 30
    merge: bool = False
    skip_finished: bool = False
    jobs: int = 1
    texture_size: int = 1024
    texture_layout: str = "auto"
    glb_texture: bool = False
    refine_steps: int = 0
    expression: Mapping[str, float] = dataclasses.field(default_factory=dict)
