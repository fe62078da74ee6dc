"""The files with which a browser reads photographs itself: the exported network, and its runtime.

The runtime is the npm package onnxruntime-web, whose WebAssembly alone has 14 MB; so it is not
carried with this project.
"""

import os
import pathlib

from storage.printable import printable

_NETWORK = "face.onnx"
_RUNTIME = (
    *("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs"),
    "ort-wasm-simd-threaded.wasm",
)


def find_local_files(
    exported: str | os.PathLike | None, onnxruntime_web: str | os.PathLike | None
) -> dict[str, pathlib.Path]:
    """Finds the files by the names that the page knows; there are none if no folder is given.

    Args:
      exported: the folder that `python -m export` has written.
      onnxruntime_web: the folder of the npm package.

    Raises:
      FileNotFoundError: a folder lacks a file.
      ValueError: one folder is given without the other.
    """
    if not exported and not onnxruntime_web:
        return {}
    if not exported or not onnxruntime_web:
        raise ValueError("--exported and --onnxruntime_web go together; give both or none")
    runtime = pathlib.Path(onnxruntime_web) / "dist"
    files = {_NETWORK: pathlib.Path(exported) / _NETWORK}
    files |= {name: runtime / name for name in _RUNTIME}
    for path in files.values():
        if not path.is_file():
            raise FileNotFoundError(f"{printable(path)}: no such file")
    return files
