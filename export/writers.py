"""Writes a forward pass in each format, and runs what was written."""

import pathlib
import shutil
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from export.forward import ForwardPass
from storage.atomic import write_bytes

# The newest operators that onnxruntime and onnxruntime-web both know well.
_OPSET = 17

# From a crop uint8 [1, S, S, 3] to shape [1, Ks] and texture [1, Kt].
Run = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class Format(NamedTuple):
    """How the regressor is written in a format, and how such a file is run.

    Attributes:
      name: of the file or folder.
      package: what must be installed to write and to run it; None for TensorFlow alone.
      write: writes the file at a path.
      load: opens it again.
    """

    name: str
    package: str | None
    write: Callable[[ForwardPass, pathlib.Path], None]
    load: Callable[[pathlib.Path], Run]


def _module(forward):
    """What is saved: it must own the variables, and nothing else of Keras."""
    module = tf.Module()
    module.weights = forward.variables
    return module


def _write_saved_model(forward, path):
    module = _module(forward)
    module.regress = forward.function()
    shutil.rmtree(path, ignore_errors=True)
    tf.saved_model.save(module, str(path), signatures=module.regress)


def _load_saved_model(path):
    loaded = tf.saved_model.load(str(path))
    run = loaded.signatures["serving_default"]

    def call(crop):
        result = run(crop=tf.constant(crop))
        return result["shape"].numpy(), result["texture"].numpy()

    # The function lives as long as the object that it was loaded with.
    call.loaded = loaded
    return call


def _write_tflite(forward, path):
    function = forward.function(batch=1).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], _module(forward))
    write_bytes(path, converter.convert())


def _load_tflite(path):
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_path=str(path)).get_signature_runner()

    def call(crop):
        result = runner(crop=crop)
        return result["shape"], result["texture"]

    return call


def _write_onnx(forward, path):
    import tf2onnx

    function = forward.function()
    model, _ = tf2onnx.convert.from_function(
        function, input_signature=function.input_signature, opset=_OPSET
    )
    write_bytes(path, model.SerializeToString())


def _load_onnx(path):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda crop: session.run(["shape", "texture"], {"crop": crop})


FORMATS = {
    "saved_model": Format("saved_model", None, _write_saved_model, _load_saved_model),
    "tflite": Format("face.tflite", "ai_edge_litert", _write_tflite, _load_tflite),
    "onnx": Format("face.onnx", "tf2onnx", _write_onnx, _load_onnx),
}
