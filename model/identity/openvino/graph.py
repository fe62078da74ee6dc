"""Reads the layers and constants of an OpenVINO IR (`.xml` + `.bin`), without running anything.

Everything stays in the file's own NCHW order here, and describes a batch of one image.
"""

import dataclasses
import math
import pathlib
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple

import numpy as np

_SUPPORTED_VERSIONS = (10, 11)
_ELEMENT_TYPES = {
    "f16": "<f2",
    "f32": "<f4",
    "f64": "<f8",
    "i8": "<i1",
    "i16": "<i2",
    "i32": "<i4",
    "i64": "<i8",
    "u8": "<u1",
    "u16": "<u2",
    "u32": "<u4",
    "u64": "<u8",
    "boolean": "?",
}


@dataclasses.dataclass
class Layer:
    """One output of an operation of the graph; most operations have only one.

    Attributes:
      name: its name, unique in the graph; outputs after the first one have ":1", ":2", … behind it.
      type: the operation, e.g. "Convolution".
      attributes: the operation's, as text.
      inputs: names of the layers that it reads, by port.
      shape: NCHW, with an open batch written as 1, and -1 for any other size that is open.
      output: which output of the operation it is, counted from 0.
      value: the array of a constant, float32, int64 or bool; None for what is computed.
    """

    name: str
    type: str
    attributes: dict[str, str]
    inputs: list[str]
    shape: tuple[int, ...]
    output: int = 0
    value: np.ndarray | None = None

    def integers(self, attribute: str, default: str | None = None) -> tuple[int, ...]:
        """An attribute such as "1, 1" as integers."""
        text = self.attributes.get(attribute, default)
        if text is None:
            raise ValueError(f"layer {self.name!r} ({self.type}) lacks attribute {attribute!r}")
        return tuple(int(part) for part in text.split(",") if part.strip())


def read_graph(xml_path: str | pathlib.Path) -> dict[str, Layer]:
    """Reads an IR.

    Args:
      xml_path: the `.xml`; the constants are in the `.bin` of the same name.

    Returns:
      The layers by name, every layer after those that it reads.

    Raises:
      FileNotFoundError: one of the two files is missing.
      ValueError: the file is no IR, is cut short, or a layer's input is not there.
    """
    xml_path = pathlib.Path(xml_path)
    bin_path = xml_path.with_suffix(".bin")
    _check_files(xml_path)
    root = _parse(xml_path)
    blob = bin_path.read_bytes()
    outputs = _outputs(root, xml_path)
    inputs = _inputs(root, outputs, xml_path)
    layers = {}
    for element in root.find("layers"):
        for layer in _layers(element, outputs, inputs):
            if layer.type == "Const":
                layer.value = _constant(layer, blob, bin_path)
            layers[layer.name] = layer
    return _topological(layers, xml_path)


def is_for_one_image(xml_path: str | pathlib.Path) -> bool:
    """Whether an IR fixes all sizes, and that of the batch to 1.

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
    """Returns for each layer's id its outputs, which have unique names; a result has one too."""
    found, taken = {}, set()
    for element in root.find("layers"):
        identifier, name = element.get("id"), element.get("name")
        if identifier is None or name is None or element.get("type") is None:
            raise ValueError(f"{path}: a <layer> lacks its id, name or type")
        if name in taken:
            name = f"{name}#{identifier}"
        ports = element.findall("output/port")
        found[identifier] = [
            _Output(port.get("id"), f"{name}:{index}" if index else name, _shape(port))
            for index, port in enumerate(ports)
        ] or [_Output(None, name, ())]
        taken.update(output.name for output in found[identifier])
    return found


def _shape(port):
    sizes = [int(dimension.text) for dimension in port.findall("dim")]
    if sizes[:1] == [-1]:
        sizes[0] = 1
    return tuple(sizes)


def _inputs(root, outputs, path):
    """Returns for each layer's id the names of the outputs that it reads, by port."""
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
        ports.setdefault(target, {})[int(edge.get("to-port"))] = names[edge.get("from-port")]
    for element in root.find("layers"):
        connected = ports.setdefault(element.get("id"), {})
        for number in (int(port.get("id")) for port in element.findall("input/port")):
            if number not in connected:
                raise ValueError(
                    f"{path}: nothing is connected to input {number} of layer "
                    f"{element.get('name')!r} (a missing constant?)"
                )
    return {key: [value[port] for port in sorted(value)] for key, value in ports.items()}


def _layers(element, outputs, inputs):
    """One for each output."""
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


def _constant(layer, blob, bin_path):
    where = f"{bin_path}: constant {layer.name!r}"
    element_type = layer.attributes.get("element_type", "?")
    if element_type not in _ELEMENT_TYPES:
        raise ValueError(f"{where} has the unsupported element type {element_type!r}")
    dtype = np.dtype(_ELEMENT_TYPES[element_type])
    shape = layer.integers("shape", "")
    offset, size = layer.integers("offset")[0], layer.integers("size")[0]
    count = math.prod(shape)
    if count and count * dtype.itemsize != size:
        raise ValueError(f"{where} of shape {shape} and type {element_type} has {size} bytes")
    if offset < 0 or offset + size > len(blob):
        raise ValueError(
            f"{where} needs bytes {offset} to {offset + size}, but the file has {len(blob)}: it "
            "is cut short or belongs to another .xml"
        )
    array = np.frombuffer(blob, dtype, count, offset).reshape(shape)
    if dtype.kind == "b":
        return array
    return array.astype(np.float32 if dtype.kind == "f" else np.int64)


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
