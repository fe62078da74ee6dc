"""Writes a trained regressor for programs without this project: SavedModel, TFLite and ONNX.

Examples:
  python -m export --output_dir=exported
  python -m export --checkpoint=RUN --output_dir=exported --formats=onnx

Into the folder go saved_model/, face.tflite and face.onnx, which turn the crop of a photograph into
coefficients; face_model.npz, by which NumPy turns these into vertices and colors; and
accuracy.json, which says how far each file is from the forward pass on bundled photographs.
TFLite needs the package ai-edge-litert, ONNX tf2onnx and onnxruntime: pip install -e '.[export]'.
"""

import importlib.util
import pathlib

from absl import app, flags, logging

import command_line
import flag_sets
import open_parts

FLAGS = flags.FLAGS
_FORMATS = ("saved_model", "tflite", "onnx")
_NEEDED = {"saved_model": (), "tflite": ("ai_edge_litert",), "onnx": ("tf2onnx", "onnxruntime")}
_PHOTOGRAPHS = 8


def define_flags() -> None:
    """Defines the flags of the command."""
    flags.DEFINE_string(
        "checkpoint",
        None,
        "The folder of a run, or a decoder file. By default it is the shipped decoder.",
    )
    flag_sets.define_face_model("The face model of the decoder, if it is not its run's own")
    flag_sets.define_encoder(default=None)
    flags.DEFINE_list(
        "formats",
        list(_FORMATS),
        f"What is written, separated by commas: some of {', '.join(_FORMATS)}.",
    )
    flags.register_validator(
        "formats",
        lambda formats: bool(formats) and set(formats) <= set(_FORMATS),
        message=f"name some of {', '.join(_FORMATS)}, separated by commas",
    )
    flags.DEFINE_string("output_dir", None, "The folder for the files.", required=True)


def main(arguments: list[str]) -> None:
    """Writes the files."""
    if len(arguments) > 1:
        raise app.UsageError(f"no argument is expected, but {arguments[1]!r} is given")
    formats = list(dict.fromkeys(FLAGS.formats))
    for name in formats:
        missing = [package for package in _NEEDED[name] if not importlib.util.find_spec(package)]
        if missing:
            raise ValueError(f"{name} needs {' and '.join(missing)}: pip install -e '.[export]'")
    command_line.import_tensorflow()
    # What TensorFlow says while it saves a model is of no use here.
    if not logging.level_debug():
        logging.set_verbosity(logging.WARNING)
    _export(pathlib.Path(FLAGS.output_dir), formats)


def _export(folder: pathlib.Path, formats: list[str]) -> None:
    import numpy as np

    from data_pipeline.detection import LandmarkFile
    from data_pipeline.photographs import read_image
    from export.exporting import export
    from model.reconstructor import Reconstructor
    from model.trained import Parts, load_trained

    encoder = flag_sets.encoder()
    parts = Parts(FLAGS.face_model, encoder.name, encoder.weights)
    trained = load_trained([FLAGS.checkpoint or open_parts.DECODER], parts)
    reconstructor = Reconstructor(
        trained.decoders[0].decoder,
        trained.encoder,
        trained.face_model,
        LandmarkFile(open_parts.LANDMARKS),
    )
    crops = []
    for path in sorted(open_parts.PHOTOS.glob("*.jpg"))[:_PHOTOGRAPHS]:
        image = read_image(path)
        crops.append(reconstructor.cut(image, reconstructor.find(image, path.name)))
    for name, measured in export(reconstructor, np.stack(crops), folder, formats).items():
        print(
            f"{name}: {measured.megabytes} MB; coefficients differ by at most "
            f"{measured.largest_error:.1e}, vertices by {measured.vertex_error_mm:.1e} mm; "
            f"{measured.milliseconds} ms a face",
            flush=True,
        )
    print(f"written into {folder}")


if __name__ == "__main__":
    command_line.run("python -m export", main, define_flags)
