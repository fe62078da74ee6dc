"""Writes small OpenVINO IR files for the tests."""

import pathlib
import xml.etree.ElementTree as ElementTree

import numpy as np

_TYPES = {"float32": "f32", "float16": "f16", "int64": "i64"}


class IrWriter:
    """Collects layers; a layer is given by its name, and constants are added as arrays."""

    def __init__(self, input_shape):
        self.net = ElementTree.Element("net", name="test", version="11")
        self.layers = ElementTree.SubElement(self.net, "layers")
        self.edges = ElementTree.SubElement(self.net, "edges")
        self.blob = b""
        self.ids = {}
        shape = ", ".join(map(str, input_shape))
        self.add("image", "Parameter", [], input_shape, shape=shape, element_type="f32")

    def constant(self, name, array):
        """Adds a constant, and behind one of 16 bits the conversion to 32."""
        array = np.asarray(array)
        attributes = {
            "element_type": _TYPES[array.dtype.name],
            "shape": ", ".join(map(str, array.shape)),
            "offset": str(len(self.blob)),
            "size": str(array.nbytes),
        }
        self.blob += array.tobytes()
        if array.dtype != np.float16:
            return self.add(name, "Const", [], array.shape, **attributes)
        self.add(f"{name}_half", "Const", [], array.shape, **attributes)
        return self.add(name, "Convert", [f"{name}_half"], array.shape, destination_type="f32")

    def add(self, name, kind, inputs, output_shape, /, **attributes):
        """Adds a layer and returns its name; an input that is an array becomes a constant."""
        names = [
            source if isinstance(source, str) else self.constant(f"{name}_{port}", source)
            for port, source in enumerate(inputs)
        ]
        self.ids[name] = str(len(self.ids))
        layer = ElementTree.SubElement(
            self.layers, "layer", id=self.ids[name], name=name, type=kind, version="opset1"
        )
        ElementTree.SubElement(layer, "data", {k: str(v) for k, v in attributes.items()})
        ports = ElementTree.SubElement(layer, "input") if names else None
        for port, source in enumerate(names):
            ElementTree.SubElement(ports, "port", id=str(port))
            edge = {"from-layer": self.ids[source], "from-port": "9"}
            edge |= {"to-layer": self.ids[name], "to-port": str(port)}
            ElementTree.SubElement(self.edges, "edge", edge)
        if kind != "Result":
            output = ElementTree.SubElement(ElementTree.SubElement(layer, "output"), "port", id="9")
            for size in output_shape:
                ElementTree.SubElement(output, "dim").text = str(size)
        return name

    def write(self, folder, output) -> pathlib.Path:
        """Writes net.xml and net.bin, the result being the layer `output`."""
        self.add("result", "Result", [output], ())
        path = pathlib.Path(folder) / "net.xml"
        ElementTree.ElementTree(self.net).write(path)
        path.with_suffix(".bin").write_bytes(self.blob)
        return path
