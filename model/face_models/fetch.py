"""Downloads ICT-FaceKit, an openly licensed face model, from its official repository."""

import hashlib
import pathlib
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile

from model.face_models import ict_facekit
from storage.cache_folder import cache_folder

COMMIT = "da5f95a607f5e6b37755b38d3385d7f2853732e5"
URL = f"https://github.com/ICT-VGL/ICT-FaceKit/archive/{COMMIT}.zip"
# The SHA-256 of files at that commit. The archive has no fixed sum: the server may pack it anew.
CHECKSUMS = {
    "generic_neutral_mesh.obj": "eedbc2576d8e5ea57f55255b8f98263213a1efb5431d8bfceed1d7aef10271f9",
    "identity000.obj": "918160cf82d541336b4c367cf93199c9827832bde02511b8fbdf9019d6f1a773",
    "vertex_indices.json": "4f9b35306299980dd46bee4a6b79bb95dfae1953693b74b35a64f7febfd081a5",
}
CITATION = """\
ICT-FaceKit Light: MIT license, (c) 2020 USC Institute for Creative Technologies.
Cite: R. Li, K. Bladin, Y. Zhao, C. Chinara, O. Ingraham, P. Xiang, X. Ren, P. Prasad, B. Kishore,
J. Xing, H. Li: Learning Formation of Physically-Based Face Attributes. CVPR 2020."""
_WANTED = (".obj", ".json")


def default_folder() -> pathlib.Path:
    """The folder for the kit in the user's cache."""
    return cache_folder("face_models") / "ict_facekit"


def fetch_ict(folder: pathlib.Path, url: str = URL) -> list[str]:
    """Downloads and unpacks the kit's OBJ files, and verifies those whose sums are known.

    Args:
      folder: where to write the files; it appears complete or not at all.
      url: where the archive is.

    Returns:
      The names of the files whose sums were compared.

    Raises:
      FileExistsError: the folder is there already and is not empty.
      ConnectionError: the archive cannot be downloaded; the message says how to get it by hand.
      ValueError: the archive is damaged or not of the kit, or the sum of a file differs.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder}: is there already; remove it, or give another --output")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, suffix=".partial") as partial:
        archive, unpacked = pathlib.Path(partial, "kit.zip"), pathlib.Path(partial, "kit")
        _download(url, archive, folder)
        _unpack(archive, unpacked)
        checked = _verify(unpacked)
        unpacked.replace(folder)
    return checked


def _download(url, target, folder):
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, target.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except (urllib.error.URLError, OSError) as error:
        raise ConnectionError(
            f"{url}: cannot be downloaded ({error}). On a machine with internet download that file "
            f"(or `git clone https://github.com/ICT-VGL/ICT-FaceKit`), and put the .obj and .json "
            f"files of its folder FaceXModel into {folder}; then convert that folder"
        ) from None


def _unpack(archive, folder):
    """Writes the kit's files under their bare names, since no path in an archive is trusted."""
    folder.mkdir()
    try:
        with zipfile.ZipFile(archive) as members:
            for member in members.infolist():
                path = pathlib.PurePosixPath(member.filename)
                if path.parent.name == "FaceXModel" and path.suffix in _WANTED:
                    with members.open(member) as source, (folder / path.name).open("wb") as target:
                        shutil.copyfileobj(source, target)
    except zipfile.BadZipFile as error:
        raise ValueError(f"the download is damaged ({error}); try again") from None
    if not (folder / ict_facekit.NEUTRAL).is_file():
        raise ValueError(f"the download holds no FaceXModel/{ict_facekit.NEUTRAL}: not the kit")


def _verify(folder):
    for name, expected in CHECKSUMS.items():
        path = folder / name
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
        if found != expected:
            raise ValueError(f"{name}: SHA-256 is {found}, expected {expected}: not the kit")
    return list(CHECKSUMS)
