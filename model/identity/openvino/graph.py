"""Reads the layers and constants of an OpenVINO IR (`.xml` + `.bin`).

Shapes and constants stay in the file's own order (NCHW), and describe a batch of one image.
"""

import pathlib
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple

from model.identity.openvino.constants import check_end, read_constant
from model.identity.openvino.layer import Layer
from storage.lfs_pointer import refuse_lfs_pointer

_SUPPORTED_VERSIONS = (10, 11)


def read_graph(xml_path: str | pathlib.Path) -> dict[str, Layer]:
    """Reads an IR.

    Args:
      xml_path: the `.xml`; the constants are in the `.bin` of the same name.

    Returns:
      The layers by name, every layer after those that it reads.

    Raises:
      FileNotFoundError: one of the two files is missing.
      ValueError: a file is a Git LFS pointer, is no IR, is damaged or cut short, or belongs to
        another network.
    """
    xml_path = pathlib.Path(xml_path)
    bin_path = xml_path.with_suffix(".bin")
    _check_files(xml_path)
    root = _parse(xml_path)
    blob = bin_path.read_bytes()
    outputs = _outputs(root, xml_path)
    inputs = _inputs(root, outputs, xml_path)
    layers = [
        layer for element in root.find("layers") for layer in _layers(element, outputs, inputs)
    ]
    constants = [layer for layer in layers if layer.type == "Const"]
    check_end(constants, blob, bin_path)
    for layer in constants:
        layer.value = read_constant(layer, blob, bin_path)
    return _topological({layer.name: layer for layer in layers}, xml_path)


def is_for_one_image(xml_path: str | pathlib.Path) -> bool:
    """Whether an IR states all sizes, that of the batch being 1.

    Raises:
      FileNotFoundError, ValueError: see `read_graph`.
    """
    _check_files(pathlib.Path(xml_path))
    layers = _parse(xml_path).find("layers")
    parameters = [layer for layer in layers if layer.get("type") == "Parameter"]
    batches = {layer.findtext("output/port/dim") for layer in parameters}
    return batches == {"1"} and all(size.text != "-1" for size in layers.iter("dim"))


def _check_files(xml_path):
    for path in (xml_path, xml_path.with_suffix(".bin")):
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file; an IR is a pair of .xml and .bin")
        refuse_lfs_pointer(path)


def _parse(path):
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise ValueError(f"{path}: not an XML file ({error})") from error
    version = root.get("version", "?")
    if root.tag != "net" or root.find("layers") is None or root.find("edges") is None:
        raise ValueError(f"{path}: not an OpenVINO IR: no <net> with <layers> and <edges>")
    if version not in map(str, _SUPPORTED_VERSIONS):
        raise ValueError(
            f"{path}: IR version {version} is not among {_SUPPORTED_VERSIONS}; convert the "
            "network again with a newer OpenVINO"
        )
    return root


class _Output(NamedTuple):
    """An output of a layer: its port in the file, our name for it, and its shape."""

    port: str | None
    name: str
    shape: tuple[int, ...]


def _outputs(root, path):
    """Returns the outputs of each layer by its id; their names are unique, and no list is empty."""
    found, taken = {}, set()
    for element in root.find("layers"):
        identifier, name = element.get("id"), element.get("name")
        if identifier is None or name is None or element.get("type") is None:
            raise ValueError(f"{path}: a <layer> lacks its id, name or type")
        if name in taken:
            name = f"{name}#{identifier}"
        ports = element.findall("output/port")
        found[identifier] = [
            _Output(port.get("id"), f"{name}:{index}" if index else name, _shape(port, name, path))
            for index, port in enumerate(ports)
        ] or [_Output(None, name, ())]
        taken.update(output.name for output in found[identifier])
    return found


def _shape(port, name, path):
    sizes = [
        _whole(dimension.text, f"{path}: a size of layer {name!r}")
        for dimension in port.findall("dim")
    ]
    if sizes[:1] == [-1]:
        sizes[0] = 1
    return tuple(sizes)


def _whole(text, what):
    try:
        return int(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} is {text!r}, not a whole number") from error


def _inputs(root, outputs, path):
    """Returns the names of the outputs that each layer reads, by the layer's id."""
    ports = {}
    for edge in root.find("edges"):
        source, target = edge.get("from-layer"), edge.get("to-layer")
        if source not in outputs or target not in outputs:
            raise ValueError(f"{path}: an edge joins layers {source} and {target}, one is missing")
        names = {output.port: output.name for output in outputs[source]}
        if edge.get("from-port") not in names:
            raise ValueError(
                f"{path}: layer {outputs[target][0].name!r} reads the output "
                f"{edge.get('from-port')} of {outputs[source][0].name!r}, which has no such output"
            )
        port = _whole(edge.get("to-port"), f"{path}: a port of an edge to layer {target}")
        ports.setdefault(target, {})[port] = names[edge.get("from-port")]
    for element in root.find("layers"):
        connected = ports.setdefault(element.get("id"), {})
        for port in element.findall("input/port"):
            number = _whole(port.get("id"), f"{path}: a port of layer {element.get('name')!r}")
            if number not in connected:
                raise ValueError(
                    f"{path}: nothing is connected to input {number} of layer "
                    f"{element.get('name')!r} (a missing constant?)"
                )
    return {key: [value[port] for port in sorted(value)] for key, value in ports.items()}


def _layers(element, outputs, inputs):
    """Makes a `Layer` for each output."""
    data = element.find("data")
    identifier = element.get("id")
    return [
        Layer(
            name=output.name,
            type=element.get("type"),
            attributes={} if data is None else dict(data.attrib),
            inputs=inputs[identifier],
            shape=output.shape,
            output=index,
        )
        for index, output in enumerate(outputs[identifier])
    ]


def _topological(layers, path):
    ordered, remaining = {}, dict(layers)
    while remaining:
        before = len(remaining)
        for name, layer in list(remaining.items()):
            if all(source in ordered for source in layer.inputs):
                ordered[name] = remaining.pop(name)
        if len(remaining) == before:
            raise ValueError(f"{path}: the layers {sorted(remaining)[:5]} form a cycle")
    return ordered
