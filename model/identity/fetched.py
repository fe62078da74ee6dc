"""Where networks that `python -m model.identity.fetch` downloads are kept."""

import os
import pathlib

# The file of each network, by the registry's name.
FILES = {
    "nn4_small2": "openface_weights.h5",
    "inception_resnet_v1": "facenet512_weights.h5",
    "vgg_face": "vgg-face.mat",
}


def cache_folder() -> pathlib.Path:
    """The user's cache: `recognition_networks` in $XDG_CACHE_HOME, or in ~/.cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(cache) / "recognition_networks"


def find(name: str) -> pathlib.Path | None:
    """The downloaded file of a network, or None."""
    path = cache_folder() / FILES[name] if name in FILES else None
    return path if path is not None and path.is_file() else None
