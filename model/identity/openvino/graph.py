"""Reads the layers and constants of an OpenVINO IR (`.xml` + `.bin`), without running anything.

Everything stays in the file's own NCHW order here.
"""

import dataclasses
import math
import pathlib
import xml.etree.ElementTree as ElementTree

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
    """A layer of the graph.

    Attributes:
      name: its name, unique in the graph.
      type: the operation, e.g. "Convolution".
      attributes: of the operation, as text.
      inputs: names of the layers that it reads, by port.
      shape: of its (first) output, NCHW, -1 where unknown.
      value: the array of a constant (real numbers as float32), else None.
    """

    name: str
    type: str
    attributes: dict[str, str]
    inputs: list[str]
    shape: tuple[int, ...]
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
      The layers by name, every layer after those that it reads. Conversions of constants (16-bit
      weights) are done.

    Raises:
      FileNotFoundError: one of the two files is missing.
      ValueError: the file is no IR, is cut short, or a layer's input is not there.
    """
    xml_path = pathlib.Path(xml_path)
    bin_path = xml_path.with_suffix(".bin")
    for path in (xml_path, bin_path):
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file; an IR is a pair of .xml and .bin")
    root = _parse(xml_path)
    blob = bin_path.read_bytes()
    names = _unique_names(root, xml_path)
    inputs = _inputs(root, names, xml_path)
    layers = {}
    for element in root.find("layers"):
        layer = _layer(element, names, inputs)
        if layer.type == "Const":
            layer.value = _constant(layer, blob, bin_path)
        layers[layer.name] = layer
    ordered = _topological(layers, xml_path)
    _convert_constants(ordered)
    return ordered


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


def _unique_names(root, path):
    names, taken = {}, set()
    for element in root.find("layers"):
        identifier, name = element.get("id"), element.get("name")
        if identifier is None or name is None or element.get("type") is None:
            raise ValueError(f"{path}: a <layer> lacks its id, name or type")
        names[identifier] = name if name not in taken else f"{name}#{identifier}"
        taken.add(names[identifier])
    return names


def _inputs(root, names, path):
    """Returns for each layer's id the producers' names, by port."""
    ports = {}
    outputs = _first_output_ports(root)
    for edge in root.find("edges"):
        source, target = edge.get("from-layer"), edge.get("to-layer")
        if source not in names or target not in names:
            raise ValueError(f"{path}: an edge joins layers {source} and {target}, one is missing")
        if edge.get("from-port") != outputs[source]:
            raise ValueError(
                f"{path}: layer {names[target]!r} reads a second output of {names[source]!r}, "
                "which is not supported"
            )
        ports.setdefault(target, {})[int(edge.get("to-port"))] = names[source]
    wanted = {
        element.get("id"): [int(port.get("id")) for port in element.findall("input/port")]
        for element in root.find("layers")
    }
    for identifier, numbers in wanted.items():
        for number in numbers:
            if number not in ports.get(identifier, {}):
                raise ValueError(
                    f"{path}: nothing is connected to input {number} of layer "
                    f"{names[identifier]!r} (a missing constant?)"
                )
    return {key: [value[port] for port in sorted(value)] for key, value in ports.items()}


def _first_output_ports(root):
    firsts = {}
    for element in root.find("layers"):
        port = element.find("output/port")
        firsts[element.get("id")] = None if port is None else port.get("id")
    return firsts


def _layer(element, names, inputs):
    data = element.find("data")
    port = element.find("output/port")
    return Layer(
        name=names[element.get("id")],
        type=element.get("type"),
        attributes={} if data is None else dict(data.attrib),
        inputs=inputs.get(element.get("id"), []),
        shape=() if port is None else tuple(int(dim.text) for dim in port.findall("dim")),
    )


def _constant(layer, blob, bin_path):
    where = f"{bin_path}: constant {layer.name!r}"
    element_type = layer.attributes.get("element_type", "?")
    if element_type not in _ELEMENT_TYPES:
        raise ValueError(f"{where} has the unsupported element type {element_type!r}")
    dtype = np.dtype(_ELEMENT_TYPES[element_type])
    shape = layer.integers("shape", "")
    offset, size = layer.integers("offset")[0], layer.integers("size")[0]
    count = math.prod(shape)
    if count * dtype.itemsize != size:
        raise ValueError(f"{where} of shape {shape} and type {element_type} has {size} bytes")
    if offset < 0 or offset + size > len(blob):
        raise ValueError(
            f"{where} needs bytes {offset} to {offset + size}, but the file has {len(blob)}: it "
            "is cut short or belongs to another .xml"
        )
    array = np.frombuffer(blob, dtype, count, offset).reshape(shape)
    return array.astype(np.float32) if dtype.kind == "f" else array


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


def _convert_constants(layers):
    """Turns conversions of constants into constants."""
    for layer in layers.values():
        if layer.type == "Convert" and layers[layer.inputs[0]].value is not None:
            value = layers[layer.inputs[0]].value
            real = layer.attributes.get("destination_type", "f32").startswith("f")
            layer.value = value.astype(np.float32) if real else value.astype(np.int64)
