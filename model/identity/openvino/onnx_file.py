"""Converts ONNX files to OpenVINO's IR, by the converter of the optional package `openvino`."""

import contextlib
import pathlib
import tempfile
from collections.abc import Iterator

SUFFIX = ".onnx"


@contextlib.contextmanager
def as_ir(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """The `.xml` of a network; an ONNX file is converted for as long as the context lasts.

    Args:
      path: an `.xml`, which is handed back, or an `.onnx` with one image input.

    Raises:
      FileNotFoundError: no such file.
      ValueError: the package `openvino` is not installed, or it does not understand the file.
    """
    if path.suffix != SUFFIX:
        yield path
        return
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        import openvino
        import openvino.passes
    except ImportError as error:
        raise ValueError(
            f"{path}: ONNX files are read by way of the package openvino: pip install openvino"
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        xml = pathlib.Path(folder) / path.with_suffix(".xml").name
        try:
            # Not convert_model, which does the same but reports its use to openvino's makers.
            model = openvino.Core().read_model(path)
            _fix_batch(model, openvino)
            openvino.save_model(model, xml, compress_to_fp16=False)
        except Exception as error:  # The converter has exceptions of its own kinds.
            line = str(error).strip().splitlines()[0]
            raise ValueError(f"{path}: openvino cannot convert it ({line})") from error
        yield xml


def _fix_batch(model, openvino):
    """Files often leave the batch open; with it fixed, shapes that were computed are constants."""
    shape = model.input().partial_shape
    shape[0] = openvino.Dimension(1)
    model.reshape(shape)
    passes = openvino.passes.Manager()
    passes.register_pass(openvino.passes.ConstantFolding())
    passes.run_passes(model)
