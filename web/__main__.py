"""Serves a page on this machine: drop a photograph, and the face turns and smiles beside it.

Examples:
  python -m web
  python -m web --port=8001 --checkpoint=RUN
  python -m web --exported=exported --onnxruntime_web=node_modules/onnxruntime-web

The page is for the browser of this machine alone: the server listens on 127.0.0.1, the browser
loads nothing from elsewhere, and photographs are neither stored nor sent anywhere. It needs the
packages starlette and uvicorn: pip install -e '.[web]'.
"""

import importlib.util
import os
import pathlib
import socket

from absl import app, flags

import command_line
import flag_sets
import open_parts
from web.local_files import find_local_files

FLAGS = flags.FLAGS
_NEEDED = ("starlette", "uvicorn")
_HOST = "127.0.0.1"


def define_flags() -> None:
    """Defines the flags of the command."""
    flags.DEFINE_integer(
        "port",
        8000,
        "The port of this machine at which the page is served; 0 takes any that is free.",
        0,
        65535,
    )
    flags.DEFINE_string(
        "checkpoint",
        None,
        "The folder of a run, or a decoder file. By default it is the shipped decoder.",
    )
    flags.DEFINE_string(
        "exported",
        None,
        "The folder that `python -m export` has written for the same decoder. With it, and with "
        "--onnxruntime_web, the page can read photographs in the browser.",
    )
    flags.DEFINE_string(
        "onnxruntime_web",
        None,
        "The folder of the npm package onnxruntime-web, such as node_modules/onnxruntime-web.",
    )
    flag_sets.define_face_model("The face model of the decoder, if it is not its run's own")
    flag_sets.define_encoder(default=None)


def main(arguments: list[str]) -> None:
    """Serves the page until it is interrupted."""
    if len(arguments) > 1:
        raise app.UsageError(f"no argument is expected, but {arguments[1]!r} is given")
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(f"the page needs {' and '.join(missing)}: pip install -e '.[web]'")
    files = find_local_files(FLAGS.exported, FLAGS.onnxruntime_web)
    # The port is taken first: that it is in use is known before anything is loaded.
    with _listen(FLAGS.port) as listener:
        port = listener.getsockname()[1]
        command_line.import_tensorflow()
        _serve(listener, port, files)


def _listen(port: int) -> socket.socket:
    """Takes a port of the loopback address.

    Raises:
      OSError: it is in use, or not for users.
    """
    try:
        return socket.create_server((_HOST, port))
    except OSError as error:
        reason = os.strerror(error.errno).lower()
        raise OSError(f"port {port}: {reason}; choose another one by --port") from None


def _serve(listener: socket.socket, port: int, files: dict[str, pathlib.Path]) -> None:
    import uvicorn

    from web.page import make_app

    app = make_app(_studio(), port, files)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False))
    print(f"The page is at http://{_HOST}:{port}/ (Ctrl-C ends it)", flush=True)
    server.run(sockets=[listener])


def _studio():
    from data_pipeline.photographs import read_image
    from data_pipeline.second_look import make_careful_detector
    from model.reconstructor import make_reconstructor
    from model.trained import Parts, load_trained
    from web.page import SAMPLES
    from web.studio import Studio

    encoder = flag_sets.encoder()
    parts = Parts(FLAGS.face_model, encoder.name, encoder.weights)
    trained = load_trained([FLAGS.checkpoint or open_parts.DECODER], parts)
    studio = Studio(make_reconstructor(trained, make_careful_detector()))
    # The first face compiles the networks, which no visitor should wait for.
    studio.read(read_image(open_parts.PHOTOS / SAMPLES[0]))
    return studio


if __name__ == "__main__":
    command_line.run("python -m web", main, define_flags)
