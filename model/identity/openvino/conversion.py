"""Converts ONNX files, and IR files that leave sizes open, by the optional package openvino."""

import contextlib
import pathlib
import re
import tempfile
from collections.abc import Iterator

from model.identity.openvino.graph import is_for_one_image
from storage.lfs_pointer import refuse_lfs_pointer

_ONNX_SUFFIX = ".onnx"
# How lines begin that speak of the converter's own code.
_SAYS_NOTHING = ("Exception from", "Check '", "FrontEnd API failed", "Model wasn't", "-- ")
# An entry "location" of a tensor's external data, as the file's format has it: the length of the
# file's name, and the name.
_EXTERNAL_FILE = rb"\x0a\x08location\x12([\x01-\x7f])(?=(.{1,127}))"


def files_of(path: pathlib.Path) -> list[pathlib.Path]:
    """Returns the files that a network consists of, the one at `path` first.

    Args:
      path: an `.xml`, whose constants lie in the `.bin`; or an `.onnx`, whose constants may lie in
        further files, which it names.

    Raises:
      FileNotFoundError: the `.onnx` is not there.
    """
    if not _is_onnx(path):
        return [path, path.with_suffix(".bin")]
    found = re.finditer(_EXTERNAL_FILE, path.read_bytes(), re.DOTALL)
    names = sorted({match[2][: match[1][0]].decode(errors="replace") for match in found})
    files = [path.parent / name for name in names if "\0" not in name]
    return [path, *(file for file in files if file.is_file())]


@contextlib.contextmanager
def as_fixed_ir(path: pathlib.Path, image_size: int) -> Iterator[pathlib.Path]:
    """Gives the path of an IR for one image of a fixed size.

    An IR that is not for one image, or an ONNX file, is converted; the result exists as long as the
    block lasts. Without the package, an IR is given as it is: where nothing but the size of the
    batch is open, it can mostly be read.

    Args:
      path: an `.xml` or an `.onnx`.
      image_size: width and height of the image, in pixels, where the file leaves them open.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is an ONNX file, and the package is not installed; or the package does not
        understand the file.
    """
    is_onnx = _is_onnx(path)
    if is_onnx:
        for file in files_of(path):
            refuse_lfs_pointer(file)
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


def _is_onnx(path):
    return path.suffix.lower() == _ONNX_SUFFIX


def _is_installed():
    try:
        import openvino.frontend  # noqa: F401
    except ImportError:
        return False
    return True


def _load(path):
    """Returns the converter for the kind of file, and the file as the converter sees it."""
    from openvino.frontend import FrontEndManager

    kind = "onnx" if _is_onnx(path) else "ir"
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
    """Fixes all sizes; then shapes that the network computes become constants."""
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
    """Finds what a message of many lines says about the file."""
    unknown = re.search("No conversion rule found for operations: (.*)", message)
    if unknown:
        operations = re.sub(r"-\d+\b", "", unknown[1]).strip()
        return f"it does not know the operation {operations} of the node {_unknown_nodes(path)}"
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(_SAYS_NOTHING)]
    return (telling or lines)[0]


def _unknown_nodes(path):
    frontend, source = _load(path)
    nodes = frontend.convert_partially(source).get_ops()
    unknown = [node for node in nodes if node.get_type_name().endswith("FrameworkNode")]
    return ", ".join(repr(node.get_friendly_name()) for node in unknown)
