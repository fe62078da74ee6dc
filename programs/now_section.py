"""The section of a report on single pictures by the NoW benchmark; it writes the submission."""

import io
import pathlib

import numpy as np
import tqdm

from data_pipeline.photographs import read_image
from data_pipeline.scans.landmark_files import read_landmarks
from data_pipeline.scans.mesh_files import SUFFIXES, read_mesh
from data_pipeline.scans.now import Picture as NowPicture
from data_pipeline.scans.now import read_now
from evaluation.geometry.cumulative import Distances, cumulative_plot, now_table
from evaluation.geometry.face import Face
from evaluation.geometry.protocols import PROTOCOLS
from evaluation.geometry.surface import Surface
from evaluation.section import Picture, Section
from evaluation.tables import failure_table
from model.trained import Trained, TrainedDecoder
from programs.face_template import face_of
from programs.kept_comparisons import KeptComparisons
from programs.method_meshes import MEAN_FACE, decoder_names, parse_methods
from programs.micc_section import frame_cache
from programs.output_folder import check_apart
from programs.stand_in_scans import ScanFolder, scan_folder
from programs.video_reconstruction import FrameCache
from programs.workbench import Workbench
from storage.atomic import write_together
from storage.printable import printable

SUBMISSION = "submission"
_LANDMARK_SUFFIXES = (".npy", ".txt")


def now(bench: Workbench) -> Section:
    """Reconstructs the pictures, writes the submissions, and computes the metric.

    Raises:
      OSError, ValueError: an option is wrong. A picture that fails is counted and listed.
    """
    output, trained = bench.options.output, bench.trained
    submissions = parse_methods(list(bench.options.geometry.methods))
    data = scan_folder(bench, "now")
    check_apart(output, data.path)
    pictures, failures = read_now(data.path), {}
    names = decoder_names(trained.decoders, submissions)
    own = {name: output / SUBMISSION / name for name in names}
    cache = frame_cache(output, trained)
    _reconstruct(pictures, trained, list(own.values()), cache, failures)
    submissions |= own
    kept = output / "cache" / "comparisons"
    compare = KeptComparisons(kept, PROTOCOLS["now"], bench.template)
    distances = {
        name: _distances(pictures, folder, compare, failures, name)
        for name, folder in submissions.items()
    }
    distances[MEAN_FACE] = _distances(pictures, bench.template.face, compare, failures, MEAN_FACE)
    return _section(data, distances, failures)


def submission_files(face: Face, name: str) -> dict[str, bytes]:
    """The files of one prediction: a mesh without colors, and its seven landmarks.

    NoW's own reader fails on OBJ files whose vertices have colors, so there are none.

    Raises:
      ValueError: the face has no landmarks.
    """
    if face.landmarks is None:
        raise ValueError("a submission needs the seven landmarks; this face model lacks some")
    text, marks = io.StringIO(), io.BytesIO()
    np.savetxt(text, face.surface.vertices, fmt="v %.5f %.5f %.5f")
    np.savetxt(text, np.asarray(face.surface.triangles) + 1, fmt="f %d %d %d")
    np.save(marks, np.float32(face.landmarks))
    return {f"{name}.obj": text.getvalue().encode(), f"{name}.npy": marks.getvalue()}


def _reconstruct(
    pictures: list[NowPicture],
    trained: Trained,
    folders: list[pathlib.Path],
    cache: FrameCache,
    failures: dict[str, str],
) -> None:
    """Writes the prediction of each picture by each decoder, into the folder of the decoder."""
    for picture in tqdm.tqdm(pictures, unit="picture", mininterval=5):
        where = f"{picture.subject} {picture.challenge} {printable(picture.path.name)}"
        try:
            key = f"{picture.path.resolve()} {picture.path.stat().st_mtime_ns}"
            encoded = cache(key, ((where, read_image(path)) for path in [picture.path]))
        except (OSError, ValueError) as error:
            failures[where] = str(error)
            continue
        failures |= encoded.failures
        if len(encoded.features):
            for own, folder in zip(trained.decoders, folders, strict=True):
                path = picture.prediction(folder)
                face = _decoded(encoded.features, own, trained)
                write_together(path.parent, submission_files(face, path.name))


def _decoded(features: np.ndarray, own: TrainedDecoder, trained: Trained) -> Face:
    shape = own.decoder(features, domain="photo").shape
    return face_of(trained.face_model, trained.face_model.decode_shape(shape)[0].numpy())


def _distances(
    pictures: list[NowPicture],
    predicted: pathlib.Path | Face,
    compare: KeptComparisons,
    failures: dict[str, str],
    name: str,
) -> dict[str, np.ndarray]:
    """The distances of all vertices of the scans, float [M] mm, by challenge.

    Args:
      predicted: the folder of a submission, or one face for all pictures.
    """
    found, scans = {}, {}
    for picture in tqdm.tqdm(pictures, unit="scan", mininterval=5):
        where = f"{name} {picture.subject} {picture.challenge} {printable(picture.path.stem)}"
        try:
            if picture.subject not in scans:
                scans = {picture.subject: _read_scan(picture)}
            of_one = isinstance(predicted, Face)
            face = predicted if of_one else _read_prediction(picture, predicted)
            errors = compare(face, scans[picture.subject], None).errors_mm
            found.setdefault(picture.challenge, []).append(errors[np.isfinite(errors)])
        except (OSError, ValueError) as error:
            failures[where] = str(error)
    return {challenge: np.concatenate(parts) for challenge, parts in found.items()}


def _read_scan(picture: NowPicture) -> Face:
    return Face(Surface(*read_mesh(picture.scan)), None, _seven(picture.landmarks))


def _read_prediction(picture: NowPicture, folder: pathlib.Path) -> Face:
    """Reads a submitted mesh of any unit with its landmarks, which give the scale."""
    stem = picture.prediction(folder)
    mesh = _first(stem, SUFFIXES)
    return Face(Surface(*read_mesh(mesh)), None, _seven(_first(stem, _LANDMARK_SUFFIXES)))


def _first(stem: pathlib.Path, suffixes: tuple[str, ...]) -> pathlib.Path:
    paths = [stem.with_name(stem.name + suffix) for suffix in suffixes]
    for path in paths:
        if path.is_file():
            return path
    raise FileNotFoundError(f"{printable(paths[0])}: no such prediction")


def _seven(path: pathlib.Path) -> np.ndarray:
    points = read_landmarks(path)
    if len(points) != 7:
        raise ValueError(f"{printable(path)}: has {len(points)} points instead of 7")
    return points


def _section(data: ScanFolder, distances: Distances, failures: dict[str, str]) -> Section:
    table = now_table(distances)
    figures = {row[0]: dict(zip(table.columns[1:], row[1:], strict=True)) for row in table.rows}
    return Section(
        [table, *failure_table("NoW: what failed", failures)],
        [
            Picture(
                "cumulative.png",
                cumulative_plot(distances),
                "The curves show which part of the scans' vertices lies within a distance of the "
                "reconstruction.",
            )
        ],
        {"now": figures | {"failures": failures}},
        facts={
            "scans with pictures": f"{printable(data.path.name)}"
            + (", a stand-in" if data.is_stand_in else "")
        },
        fingerprints={"scans with pictures": data.fingerprint()},
        limits=[
            "NoW's distances go from the scan to the closest point of the mesh, in one direction.",
            *data.limits(),
        ],
    )
