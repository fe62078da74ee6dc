r"""Fills `open_parts/` from the development data, and writes or verifies its checksums.

    python -m open_parts.pack SOURCE_DIR   # select, restrict and copy the parts, then list them
    python -m open_parts.pack --face_model=FILE           # carry a face model
    python -m open_parts.pack --decoder=RUN/decoder.npz   # carry a decoder in half precision
    python -m open_parts.pack              # list what lies here now (after adding a decoder)
    python -m open_parts.pack --verify     # compare what lies here with the list

Copied are the parts whose license allows it: of the photographs those with `embed` 1 in the
source's `photos/splits.csv`, and only their rows of the tables and of the golden embeddings. The
face model's colors are learned first, from the portraits of the source (docs/learned_colors.md):

    python -m model.face_models learn-colors SOURCE_DIR/face_model/ict_bfm_layout_f16.h5 \
        --photos=SOURCE_DIR/photos --dense_landmarks=SOURCE_DIR/photos/dense_landmarks.npz \
        --points_on_mesh=SOURCE_DIR/face_model/dense_points_on_mesh.npz --split=train --output=FILE

Its mean face is then moved to that of the same portraits, by a decoder that was trained on it
(docs/learned_mean.md):

    python -m data_pipeline.learn_mean FILE --decoder=RUN --photos=SOURCE_DIR/photos --split=train \
        --output=MOVED
"""

import argparse
import csv
import pathlib
import shutil

import h5py
import numpy as np

import open_parts

WHOLE_FILES = (
    "encoder/face-reidentification-retail-0095.xml",
    "encoder/face-reidentification-retail-0095.bin",
    "scorer/dlib_densenet_centred.xml",
    "scorer/dlib_densenet_centred.bin",
    "face_model/dense_points_on_mesh.npz",
    "face_model/ict_named_expressions.npz",
    "licenses/Cydral-BAREL_MIT.txt",
    "licenses/ICT-FaceKit_MIT.txt",
    "licenses/congress_images_CC0.txt",
    "licenses/open_model_zoo_Apache-2.0.txt",
)
TABLES = ("photos/splits.csv", "photos/landmarks.csv")
DENSE_LANDMARKS = "photos/dense_landmarks.npz"
MOUTH_PARTS = "face_model/ict_mouth_parts.npz"
# The model that the mouth's parts were made for, and how many of its vertices mark it.
# They are more than it has components, so that another mean face is found among its faces.
MOUTH_FACE_MODEL, PROBES = "face_model/ict_bfm_layout_f16.h5", 256
GOLDENS = ("encoder/golden_embeddings.npz", "scorer/golden_embeddings.npz")


def embedded_photographs(source):
    """Returns the file names with `embed` 1 in `photos/splits.csv` of the source folder."""
    with open(source / "photos" / "splits.csv", newline="", encoding="utf-8") as file:
        return {row["file"] for row in csv.DictReader(file) if row["embed"] == "1"}


def copy_file(source, target):
    """Copies a file's content (not its read-only mode), making the folder that it goes to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def restrict_table(source, target, names):
    """Copies the header of a CSV file and the rows whose first field is in `names`."""
    header, *rows = source.read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if row.split(",", 1)[0] in names]
    target.write_text("\n".join([header, *kept]) + "\n", encoding="utf-8")


def restrict_goldens(source, target, names):
    """Copies the rows of a golden file whose `photo` is in `names`; constants stay whole."""
    with np.load(source, allow_pickle=False) as arrays:
        arrays = dict(arrays)
    keep = np.isin(arrays["photo"], sorted(names))
    per_photo = {"photo", "embedding", *(name for name in arrays if name.startswith("aligned"))}
    np.savez_compressed(
        target, **{name: a[keep] if name in per_photo else a for name, a in arrays.items()}
    )


def restrict_dense_landmarks(source, target, names):
    """Copies the rows of a file of dense landmarks whose photograph is in `names`."""
    with np.load(source, allow_pickle=False) as arrays:
        keep = np.isin(arrays["files"], sorted(names))
        rows = {name: arrays[name][keep] for name in ("files", "points_64th_px")}
    np.savez_compressed(target, **rows)


def mark_mouth_parts(source, target, face_model):
    """Copies the mouth's parts with marks of the face model whose faces they fit.

    The marks are some vertices of the model, their places in the mean face, and their displacements
    by one standard deviation of each component of shape.
    """
    with h5py.File(face_model) as file:
        mean = file["shape/model/mean"][:].reshape(-1, 3)
        deviations = np.sqrt(file["shape/model/pcaVariance"][:].astype(np.float64))
        modes = (file["shape/model/pcaBasis"][:] * deviations).reshape(*mean.shape, -1)
    probes = np.linspace(0, len(mean) - 1, PROBES).astype(np.int32)
    with np.load(source, allow_pickle=False) as arrays:
        arrays = dict(arrays)
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        target,
        probes=probes,
        probe_mean_mm=mean[probes].astype(np.float32),
        probe_displacements_mm=modes[probes].astype(np.float32),
        **arrays,
    )


def pack(source, folder=open_parts.FOLDER):
    """Copies the parts from the development data in `source` into `folder`."""
    names = embedded_photographs(source)
    for name in (*WHOLE_FILES, *(f"photos/{name}" for name in sorted(names))):
        copy_file(source / name, folder / name)
    for name in TABLES:
        restrict_table(source / name, folder / name, names)
    restrict_dense_landmarks(source / DENSE_LANDMARKS, folder / DENSE_LANDMARKS, names)
    mark_mouth_parts(source / MOUTH_PARTS, folder / MOUTH_PARTS, source / MOUTH_FACE_MODEL)
    for name in GOLDENS:
        restrict_goldens(source / name, folder / name, names)


def carry_decoder(source, target=open_parts.DECODER):
    """Copies a decoder file, its weights in half precision: half the size, coefficients to 0.01."""
    with np.load(source, allow_pickle=False) as arrays:
        halved = {name: a.astype(np.float16) if a.ndim else a for name, a in arrays.items()}
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(target, **halved)


def write_checksums(folder=open_parts.FOLDER):
    """Writes `CHECKSUMS.sha256` (the format of sha256sum) and returns the number of files."""
    names = open_parts.part_files(folder)
    lines = [f"{open_parts.sha256(folder / name)}  {name}\n" for name in names]
    (folder / open_parts.CHECKSUMS.name).write_text("".join(lines), encoding="utf-8")
    return len(names)


def main():
    parser = argparse.ArgumentParser(prog="python -m open_parts.pack", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("source", nargs="?", type=pathlib.Path, help="the development data")
    parser.add_argument("--face_model", type=pathlib.Path, help="the face model to carry")
    parser.add_argument("--decoder", type=pathlib.Path, help="the decoder of a run, to carry")
    parser.add_argument("--verify", action="store_true", help="only compare with the list")
    arguments = parser.parse_args()
    if arguments.verify:
        print(f"{open_parts.verify()} files match {open_parts.CHECKSUMS.name}")
        return
    if arguments.source:
        pack(arguments.source)
    if arguments.face_model:
        copy_file(arguments.face_model, open_parts.FACE_MODEL)
    if arguments.decoder:
        carry_decoder(arguments.decoder)
    print(f"{write_checksums()} files listed in {open_parts.CHECKSUMS.name}")


if __name__ == "__main__":
    main()
