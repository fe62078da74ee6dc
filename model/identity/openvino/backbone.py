"""A recognition network in a file of OpenVINO's IR format (`.xml` + `.bin`) or of ONNX, frozen.

The file says what the network computes. What the network expects of its input is built in for a few
networks that are known by name; for others it is read from a small JSON file beside the network,
`NAME.json`:

    {"image_size": 112, "channels": "rgb", "pixel_range": [0, 255],
     "point_indices": [0, 1, 2, 3, 4],
     "points": [[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]]}

`pixel_range` holds the values of black and white. `points` are positions in the crop, in pixels
(integers are centers of pixels): `point_indices` says of which of the `model.crop.FIVE_POINTS`.
"""

import contextlib
import dataclasses
import hashlib
import itertools
import json
import math
import pathlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from model.crop import FIVE_POINTS, Crop
from model.identity.canonical_crops import ARCFACE_CROP, EYES_CROP, FIVE_POINT_CROP
from model.identity.frozen.layers import Affine, Convolution, Dense, Permutation, ReverseChannels
from model.identity.network import Activations, Backbone
from model.identity.openvino import conversion, folding
from model.identity.openvino.folding import Node
from model.identity.openvino.graph import read_graph
from model.identity.openvino.layout import stored_order, to_file
from model.identity.openvino.translate import translate
from storage.lfs_pointer import refuse_lfs_pointer

_IMAGE = "the image, RGB in 0..1"


@dataclasses.dataclass(frozen=True)
class ImageInput:
    """What a network expects of its input.

    Attributes:
      crop: where the landmarks lie in the image.
      channels: "rgb" or "bgr".
      pixel_range: the values of black and white.
    """

    crop: Crop
    channels: str
    pixel_range: tuple[float, float]


KNOWN_INPUTS = {
    "face-reidentification-retail-0095": ImageInput(FIVE_POINT_CROP, "bgr", (0.0, 255.0)),
    "dlib_densenet_centred": ImageInput(EYES_CROP, "rgb", (0.0, 255.0)),
    # InsightFace's packs buffalo_l, buffalo_s and antelopev2.
    "w600k_r50": ImageInput(ARCFACE_CROP, "rgb", (-1.0, 1.0)),
    "w600k_mbf": ImageInput(ARCFACE_CROP, "rgb", (-1.0, 1.0)),
    "glintr100": ImageInput(ARCFACE_CROP, "rgb", (-1.0, 1.0)),
}


class OpenvinoIr(Backbone):
    """The network of an IR or ONNX file."""

    def __init__(self, path: str | pathlib.Path):
        """Reads the network.

        Args:
          path: of the `.xml` (its constants are in the `.bin` of the same name), or of an `.onnx`.

        Raises:
          FileNotFoundError: a file is missing, or nothing says what the network expects of its
            input.
          ValueError: a file is damaged, has an operation that is not supported, or is no network
            from one color image to one vector; the message names file and layer.
        """
        self._path = pathlib.Path(path)
        image_input = _input_of(self._path)
        self.crop = image_input.crop
        with (
            conversion.as_fixed_ir(self._path, self.crop.image_size) as xml_path,
            self._named_in_errors(),
        ):
            layers = read_graph(xml_path)
        parameter, output = _ends(layers, self._path)
        self._output, self._output_shape = output.name, output.shape
        _check_image(parameter, self.crop.image_size, self._path)
        with self._named_in_errors():
            nodes = translate(layers, self._output)
        self._nodes = _image_nodes(image_input, parameter) | nodes
        self.penultimate = _penultimate(nodes, layers, self._path)
        self.digest = _digest(self._path, image_input)

    @contextlib.contextmanager
    def _named_in_errors(self):
        """Puts the file's path in front of errors that lack it."""
        try:
            yield
        except ValueError as error:
            if str(error).startswith(str(self._path.with_suffix(""))):
                raise
            raise ValueError(f"{self._path}: {error}") from error

    def bind(self, names: frozenset[str]) -> Callable[[tf.Tensor], Activations]:
        """Returns the forward pass, with its layers folded; see `Backbone.bind`."""
        for name in names:
            if name not in self._nodes:
                raise ValueError(f"{self._path}: the network has no tensor {name!r}")
        output, shape = self._output, self._output_shape
        with self._named_in_errors():
            nodes = folding.fold(self._nodes, names | {output})

        def forward(images: tf.Tensor) -> Activations:
            with self._named_in_errors():
                tensors = folding.run(nodes, {_IMAGE: images})
            embedding = tf.reshape(to_file(tensors[output], shape), [-1, math.prod(shape)])
            return Activations({name: tensors[name] for name in names}, embedding)

        return forward


def _ends(layers, path):
    """Returns the layer of the image, and the layer that computes the embedding."""
    parameters = [layer for layer in layers.values() if layer.type == "Parameter"]
    results = [layers[layer.inputs[0]] for layer in layers.values() if layer.type == "Result"]
    # Some networks also give a single number for each image, the norm of its embedding.
    embeddings = [layer for layer in results if abs(math.prod(layer.shape)) > 1]
    if len(parameters) != 1 or len(embeddings) != 1:
        raise ValueError(
            f"{path}: a recognition network has one input and one output of more than one value, "
            f"but this one has {len(parameters)} inputs "
            f"({', '.join(layer.name for layer in parameters)}) and {len(embeddings)} such outputs "
            f"({', '.join(layer.name for layer in embeddings)})"
        )
    return parameters[0], embeddings[0]


def _check_image(parameter, image_size, path):
    size = (image_size, image_size)
    if parameter.shape not in ((1, 3, *size), (1, *size, 3)):
        remedy = "; the package openvino closes open sizes: pip install openvino"
        raise ValueError(
            f"{path}: the input {parameter.name!r} has shape {parameter.shape}, but the crop is "
            f"{image_size} pixels wide; expected {(1, 3, *size)} or {(1, *size, 3)}"
            f"{remedy if -1 in parameter.shape else ''}"
        )


def _penultimate(nodes, layers, path):
    """The input of the last fully connected layer."""
    for node in reversed(nodes.values()):
        if _is_fully_connected(node, layers):
            return node.inputs[0]
    raise ValueError(
        f"{path}: is no recognition network: it has no fully connected layer or 1×1 convolution"
    )


def _is_fully_connected(node, layers):
    """Whether the node is a fully connected layer, of the whole image or of each pixel."""
    match node.layer:
        case Dense():
            return True
        case Convolution(kernel, groups=1) if not any(node.layer.window.pads):
            return node.layer.pointwise or kernel.shape[:2] == layers[node.inputs[0]].shape[2:]
    return False


def _image_nodes(image_input, parameter):
    """Makes the nodes that turn RGB in 0..1 into what the network expects."""
    black, white = image_input.pixel_range
    scale, offset = np.array([white - black], np.float32), np.array([black], np.float32)
    layers = [Affine(scale, offset)]
    if image_input.channels == "bgr":
        layers.insert(0, ReverseChannels())
    if parameter.shape[-1] == 3:
        # The network wants NHWC, but tensors are stored as if the file had NCHW.
        layers.append(Permutation(tuple(stored_order(parameter.shape))))
    names = [_IMAGE, *(f"{_IMAGE}, step {i}" for i in range(1, len(layers))), parameter.name]
    return {
        name: Node(layer, (source,))
        for layer, (source, name) in zip(layers, itertools.pairwise(names), strict=True)
    }


def _input_of(path):
    """Returns what is said in the JSON file beside the network, or known of its name."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    refuse_lfs_pointer(path)
    sidecar = path.with_suffix(".json")
    if sidecar.is_file():
        return _read_sidecar(sidecar)
    if path.stem in KNOWN_INPUTS:
        return KNOWN_INPUTS[path.stem]
    raise FileNotFoundError(
        f"{sidecar}: no such file; {path.stem!r} is not among the networks known by name "
        f"({', '.join(sorted(KNOWN_INPUTS))}), so this file must describe its input (see "
        "docs/recognition_networks.md)"
    )


def _read_sidecar(path):
    refuse_lfs_pointer(path)
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        crop = Crop(
            int(fields["image_size"]),
            tuple(int(index) for index in fields["point_indices"]),
            tuple((float(x), float(y)) for x, y in fields["points"]),
        )
        black, white = (float(value) for value in fields["pixel_range"])
        channels = fields["channels"]
    except KeyError as error:
        raise ValueError(f"{path}: lacks the field {error}") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: is no description of a network's input ({error})") from error
    if channels not in ("rgb", "bgr"):
        raise ValueError(f"{path}: channels is {channels!r}, but must be 'rgb' or 'bgr'")
    if not white > black:
        raise ValueError(f"{path}: pixel_range is {[black, white]}, but must rise")
    if not set(crop.point_indices) <= set(range(len(FIVE_POINTS))):
        raise ValueError(f"{path}: point_indices are {crop.point_indices}, but must be 0 to 4")
    return ImageInput(crop, channels, (black, white))


def _digest(path, image_input):
    digest = hashlib.sha256()
    for file in conversion.files_of(path):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    digest.update(f"{image_input.channels} {image_input.pixel_range}".encode())
    return digest.hexdigest()
