"""The embedded default: real, openly licensed parts, so that a bare checkout works on its own.

`README.md` beside this file says for each part what it is, under which license, from where, and
which command made it. The paths below are the defaults of the scripts' flags.
"""

import hashlib
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent

FACE_MODEL = FOLDER / "face_model" / "ict_bfm_layout_f16.h5"
NAMED_EXPRESSIONS = FOLDER / "face_model" / "ict_named_expressions.npz"
MOUTH_PARTS = FOLDER / "face_model" / "ict_mouth_parts.npz"
ENCODER = FOLDER / "encoder" / "face-reidentification-retail-0095.xml"
SCORER = FOLDER / "scorer" / "dlib_densenet_centred.xml"
ENCODER_GOLDENS = FOLDER / "encoder" / "golden_embeddings.npz"
SCORER_GOLDENS = FOLDER / "scorer" / "golden_embeddings.npz"
PHOTOS = FOLDER / "photos"
LANDMARKS = PHOTOS / "landmarks.csv"
SPLITS = PHOTOS / "splits.csv"
DENSE_LANDMARKS = PHOTOS / "dense_landmarks.npz"
DENSE_POINTS_ON_MESH = FOLDER / "face_model" / "dense_points_on_mesh.npz"
DECODER = FOLDER / "decoder" / "decoder.npz"

CHECKSUMS = FOLDER / "CHECKSUMS.sha256"
PART_FOLDERS = ("decoder", "encoder", "face_model", "licenses", "photos", "scorer")


def embedded(path):
    """Finds the embedded file that a path named in another checkout; None if it named none."""
    parts = pathlib.PurePath(path).parts
    for start in reversed([k for k, part in enumerate(parts) if part == FOLDER.name]):
        candidate = FOLDER.joinpath(*parts[start + 1 :])
        if candidate.is_file():
            return candidate
    return None


def part_files(folder=FOLDER):
    """Returns the paths, relative to `folder`, of all files of its parts, sorted by name."""
    paths = (path for part in PART_FOLDERS for path in (folder / part).rglob("*"))
    return sorted(path.relative_to(folder).as_posix() for path in paths if path.is_file())


def sha256(path):
    """Returns the hexadecimal SHA-256 of a file's content."""
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def read_checksums(folder=FOLDER):
    """Reads `CHECKSUMS.sha256` of `folder` as a dict from relative path to SHA-256."""
    lines = (folder / CHECKSUMS.name).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def verify(folder=FOLDER):
    """Compares every file of the parts with `CHECKSUMS.sha256`.

    Args:
      folder: where the parts lie.

    Returns:
      The number of files compared.

    Raises:
      ValueError: names each file that is missing, altered, or not listed.
    """
    expected, present = read_checksums(folder), part_files(folder)
    bad = [f"{name}: listed but missing" for name in sorted(expected.keys() - set(present))]
    for name in present:
        if name not in expected:
            bad.append(f"{name}: not listed")
        elif sha256(folder / name) != expected[name]:
            bad.append(f"{name}: altered")
    if bad:
        raise ValueError(
            f"{folder / CHECKSUMS.name} does not match the parts; restore them from version "
            "control, or list a change that is meant by `python -m open_parts.pack`:\n  "
            + "\n  ".join(bad)
        )
    return len(present)
