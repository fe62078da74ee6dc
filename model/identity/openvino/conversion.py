"""Files that the optional package `openvino` prepares: ONNX, and IR that leaves sizes open."""

import contextlib
import pathlib
import re
import tempfile
from collections.abc import Iterator

from model.identity.openvino.graph import is_for_one_image

ONNX_SUFFIX = ".onnx"


@contextlib.contextmanager
def as_fixed_ir(path: pathlib.Path, image_size: int) -> Iterator[pathlib.Path]:
    """The `.xml` of a network for one image of a fixed size.

    An ONNX file, and an IR for batches or images of any size, is converted for as long as the
    context lasts. Without the package such an IR is handed back as it is: if nothing but the batch
    is open, it can mostly be read.

    Args:
      path: an `.xml` or an `.onnx`.
      image_size: width and height of the image, in pixels, where the file leaves them open.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is an ONNX file, and the package is not installed; or the package does not
        understand the file.
    """
    is_onnx = path.suffix == ONNX_SUFFIX
    if is_onnx and not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if not is_onnx and (is_for_one_image(path) or not _is_installed()):
        yield path
        return
    if not _is_installed():
        raise ValueError(
            f"{path}: ONNX files are read by way of the package openvino: pip install openvino"
        )
    with tempfile.TemporaryDirectory() as folder:
        xml = pathlib.Path(folder) / path.with_suffix(".xml").name
        try:
            _convert(path, image_size, xml)
        except Exception as error:  # The converter has exceptions of its own kinds.
            reason = _reason(str(error), path)
            raise ValueError(f"{path}: openvino cannot convert it ({reason})") from error
        yield xml


def _is_installed():
    try:
        import openvino.frontend  # noqa: F401
    except ImportError:
        return False
    return True


def _load(path):
    """The converter for the kind of file, and the file as the converter sees it."""
    from openvino.frontend import FrontEndManager

    kind = "onnx" if path.suffix == ONNX_SUFFIX else "ir"
    frontend = FrontEndManager().load_by_framework(kind)
    return frontend, frontend.load(str(path))


def _convert(path, image_size, xml):
    import openvino

    # Not convert_model, which does the same but reports its use to openvino's makers.
    frontend, source = _load(path)
    model = frontend.convert(source)
    if len(model.inputs) == 1 and model.input().partial_shape.rank == 4:
        _fix_sizes(model, image_size, openvino)
    openvino.save_model(model, xml, compress_to_fp16=False)


def _fix_sizes(model, image_size, openvino):
    """With all sizes fixed, shapes that were computed become constants."""
    import openvino.passes

    shape = model.input().partial_shape
    shape[0] = openvino.Dimension(1)
    channels_last = shape[3] == 3 and shape[1] != 3
    for axis in (1, 2) if channels_last else (2, 3):
        if shape[axis].is_dynamic:
            shape[axis] = openvino.Dimension(image_size)
    model.reshape(shape)
    passes = openvino.passes.Manager()
    passes.register_pass(openvino.passes.ConstantFolding())
    passes.run_passes(model)


def _reason(message, path):
    """What the converter's message of many lines says about the file."""
    unknown = re.search("No conversion rule found for operations: (.*)", message)
    if unknown:
        operations = re.sub(r"-\d+\b", "", unknown[1]).strip()
        return f"it does not know the operation {operations} of the node {_unknown_nodes(path)}"
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    telling = [line for line in lines if "ONNX node" in line or line.startswith("Model can't")]
    return (telling or lines)[0]


def _unknown_nodes(path):
    frontend, source = _load(path)
    nodes = frontend.convert_partially(source).get_ops()
    unknown = [node for node in nodes if node.get_type_name().endswith("FrameworkNode")]
    return ", ".join(repr(node.get_friendly_name()) for node in unknown)
