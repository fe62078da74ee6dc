"""Downloads openly licensed recognition networks from their official addresses.

    python -m model.identity.fetch nn4_small2

The files go into the user's cache, where `model.identity.load` finds them. Without a connection,
and for networks whose license forbids to pass them on, the command says what to download and where
to put it.
"""

import dataclasses
import hashlib
import http.client
import pathlib
import shutil
import urllib.request

from absl import app

import command_line
from storage.atomic import atomic_path
from storage.cache_folder import cache_folder

# The folder of the user's cache that holds the downloads, and the file of each network in it.
CACHE = "recognition_networks"
FILES = {
    "nn4_small2": "openface_weights.h5",
    "inception_resnet_v1": "facenet512_weights.h5",
    "vgg_face": "vgg-face.mat",
}

_TIMEOUT_SECONDS = 30
_CHUNK = 1 << 20


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a network comes from.

    Attributes:
      urls: the address of each file; the file's name is the address's end.
      license, citation: texts that are printed.
      sha384: published checksums by file name; empty where none is published.
      terms: why the files must be downloaded by hand; empty where they need not be.
    """

    urls: tuple[str, ...]
    license: str
    citation: str
    sha384: dict[str, str] = dataclasses.field(default_factory=dict)
    terms: str = ""


_DEEPFACE = "https://github.com/serengil/deepface_models/releases/download/v1.0"
_OPEN_MODEL_ZOO = (
    "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2022.1/models_bin/3/"
    "face-reidentification-retail-0095/FP16"
)

SOURCES = {
    "nn4_small2": Source(
        (f"{_DEEPFACE}/openface_weights.h5",),
        "Apache-2.0 (weights of OpenFace, Carnegie Mellon University), port under MIT",
        "B. Amos, B. Ludwiczuk, M. Satyanarayanan: OpenFace: A general-purpose face recognition "
        "library with mobile applications. CMU-CS-16-118, 2016",
    ),
    "inception_resnet_v1": Source(
        (f"{_DEEPFACE}/facenet512_weights.h5",),
        "MIT (code and weights of facenet, D. Sandberg), port under MIT; the training images, "
        "VGGFace2, have terms of their own",
        "F. Schroff, D. Kalenichenko, J. Philbin: FaceNet. CVPR 2015; "
        "github.com/davidsandberg/facenet",
    ),
    "vgg_face": Source(
        ("https://www.vlfeat.org/matconvnet/models/vgg-face.mat",),
        "CC BY-NC 4.0: for non-commercial use",
        "O. M. Parkhi, A. Vedaldi, A. Zisserman: Deep Face Recognition. BMVC 2015",
        terms="its license is not open",
    ),
    "openvino_ir": Source(
        (
            f"{_OPEN_MODEL_ZOO}/face-reidentification-retail-0095.xml",
            f"{_OPEN_MODEL_ZOO}/face-reidentification-retail-0095.bin",
        ),
        "Apache-2.0 (Open Model Zoo); a copy is carried in open_parts/encoder",
        "github.com/openvinotoolkit/open_model_zoo, face-reidentification-retail-0095",
        {
            "face-reidentification-retail-0095.xml": (
                "cf64003784f3f3d54bc3a37ab3c81f857505f9a764175056"
                "d02a8e2d9e0d8b97e9e7a8b672f73639e951bb9cb056af7f"
            ),
            "face-reidentification-retail-0095.bin": (
                "802a00762eb563acb377eeac0e96bc97384a0d2788e0a977"
                "414d0f235e1e1ee90e278579ff5579f32c606d2cb046482a"
            ),
        },
    ),
}


def find(name: str) -> pathlib.Path | None:
    """Returns the downloaded file of a network, or None."""
    if name not in FILES:
        return None
    path = cache_folder(CACHE) / FILES[name]
    return path if path.is_file() else None


class FetchError(ConnectionError):
    """A network cannot be downloaded; the message says what to do."""


def fetch(name: str, folder: pathlib.Path) -> list[pathlib.Path]:
    """Downloads the files of a network that are not there yet, and prints what they are.

    Args:
      name: a name in `SOURCES`.
      folder: where the files go.

    Returns:
      The paths of all files.

    Raises:
      FetchError: there is no such network, no connection, or a wrong checksum; or the files must be
        downloaded by hand.
    """
    if name not in SOURCES:
        raise FetchError(f"network {name!r} is not among {', '.join(SOURCES)}")
    source = SOURCES[name]
    print(f"{name}\n  license:  {source.license}\n  citation: {source.citation}")
    files = []
    for url in source.urls:
        path = folder / url.rsplit("/", 1)[1]
        if not path.is_file():
            if source.terms:
                raise FetchError(f"not downloaded, since {source.terms}; {_by_hand(url, path)}")
            _download(url, path, source.sha384.get(path.name))
        _print_checksum(path, source.sha384.get(path.name))
        files.append(path)
    return files


def _by_hand(url, path):
    return f"download {url} yourself and put it at {path}"


def _download(url, path, sha384):
    with atomic_path(path) as partial:
        try:
            with (
                urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response,
                open(partial, "wb") as file,
            ):
                shutil.copyfileobj(response, file, _CHUNK)
                expected = response.headers.get("Content-Length")
        except (OSError, http.client.HTTPException) as error:
            raise FetchError(f"{url} cannot be reached ({error}); {_by_hand(url, path)}") from error
        if problem := _problem(partial, expected, sha384):
            raise FetchError(f"{url}: {problem}; try again")


def _problem(path, expected, sha384):
    """What is wrong with a download, or None."""
    size = path.stat().st_size
    if expected is not None and size != int(expected):
        return f"{size} of {expected} bytes arrived"
    if sha384 and (found := checksum(path, "sha384")) != sha384:
        return f"its SHA-384 is {found}, not {sha384}"
    return None


def _print_checksum(path, sha384):
    if not sha384:
        print(f"  {path}\n    SHA-256 {checksum(path, 'sha256')} (unverified: none is published)")
    elif checksum(path, "sha384") == sha384:
        print(f"  {path}\n    SHA-384 as published")
    else:
        raise FetchError(f"{path}: not the published file (SHA-384); remove it and fetch again")


def checksum(path: pathlib.Path, algorithm: str) -> str:
    """Returns the hexadecimal digest of a file."""
    digest = hashlib.new(algorithm)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def main(argv: list[str]) -> None:
    """Runs the command; its argument is the name of a network."""
    if len(argv) != 2:
        raise app.UsageError(f"one name is needed: {', '.join(SOURCES)}")
    with command_line.one_line_errors("fetch"):
        fetch(argv[1], cache_folder(CACHE))


if __name__ == "__main__":
    app.run(main)
