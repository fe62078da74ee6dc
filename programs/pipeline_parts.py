"""Loads what reconstructs photographs: networks, face model, detector, and what writes files."""

from concurrent.futures import ThreadPoolExecutor

from data_pipeline.second_look import make_careful_detector
from model.reconstructor import make_reconstructor
from model.trained import load_trained
from programs.face_files import FaceFiles
from programs.face_names import FurtherNames
from programs.face_pipeline import FacePipeline, NamedPhotograph
from programs.reconstruction_options import Options


def make_pipeline(options: Options, items: list[NamedPhotograph]) -> FacePipeline:
    """Loads what reconstructs photographs.

    Args:
      options: of the reconstruction.
      items: all of its photographs, whose names no further face may get.

    Raises:
      OSError, ValueError: a part is missing, damaged, or does not fit the others.
    """
    with ThreadPoolExecutor(1) as beside:
        detector = beside.submit(make_careful_detector, options.landmarks)
        trained = load_trained([options.checkpoint], options.parts)
        reconstructor = make_reconstructor(trained, detector.result(), options.refine_steps)
    files = FaceFiles(
        reconstructor,
        options.formats,
        options.texture_size,
        options.glb_texture,
        options.texture_layout,
        options.expression,
    )
    names = [item.name for item in items]
    further = FurtherNames(names, [item.photo for item in items], options.output)
    return FacePipeline(options, reconstructor, files, further)
