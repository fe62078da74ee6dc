"""Measures reconstructions of single pictures by the NoW benchmark, and writes its submission."""

import dataclasses
import io
import pathlib
import shlex
import sys
from collections.abc import Sequence

import numpy as np
import tqdm

from data_pipeline.detection import make_detector
from data_pipeline.photographs import read_image
from data_pipeline.scans.landmark_files import read_landmarks
from data_pipeline.scans.mesh_files import SUFFIXES, read_mesh
from data_pipeline.scans.micc import STAND_IN_NOTE
from data_pipeline.scans.now import Picture as NowPicture
from data_pipeline.scans.now import read_now
from evaluation.geometry.cumulative import cumulative_plot, now_table
from evaluation.geometry.face import Face, Template
from evaluation.geometry.protocols import PROTOCOLS, measure
from evaluation.geometry.surface import Surface
from evaluation.report import Picture, Report, write_report
from evaluation.table import to_text
from model.trained import Parts, Trained, TrainedDecoder, load_trained
from programs.face_template import face_of, make_template
from programs.method_meshes import MEAN_FACE, decoder_names, parse_methods
from programs.output_folder import check_apart
from programs.video_reconstruction import encode_frames, photo_crops_of
from storage.atomic import write_together
from storage.printable import printable

SUBMISSION = "submission"
_LANDMARK_SUFFIXES = (".npy", ".txt")


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that an evaluation by NoW depends on.

    Attributes:
      output: the folder of the report; the submissions lie in it.
      folder: the validation data in NoW's layout.
      checkpoints: decoder files or folders of runs.
      parts: the face model and the encoder, where they are not the decoders' own.
      methods: arguments NAME=FOLDER of submissions that other systems made.
    """

    output: pathlib.Path
    folder: pathlib.Path
    checkpoints: Sequence[str | pathlib.Path]
    parts: Parts = Parts()
    methods: tuple[str, ...] = ()


def run(options: Options) -> None:
    """Reconstructs the pictures, writes the submissions, and computes the metric.

    Raises:
      OSError, ValueError: an option is wrong. A picture that fails is counted and listed.
    """
    check_apart(options.output, options.folder)
    submissions = parse_methods(list(options.methods))
    pictures = read_now(options.folder)
    trained = load_trained(options.checkpoints, options.parts)
    template = make_template(trained.face_model)
    failures = {}
    names = decoder_names(trained.decoders, submissions)
    own = {name: options.output / SUBMISSION / name for name in names}
    _reconstruct(pictures, trained, list(own.values()), failures)
    submissions |= own
    distances = {
        name: _distances(pictures, folder, template, failures, name)
        for name, folder in submissions.items()
    }
    distances[MEAN_FACE] = _distances(pictures, None, template, failures, MEAN_FACE)
    _write(options, distances, failures)


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
    failures: dict[str, str],
) -> None:
    """Writes the prediction of each picture by each decoder, into the folder of the decoder."""
    detector = make_detector(None)
    for picture in tqdm.tqdm(pictures, unit="picture", mininterval=5):
        where = f"{picture.subject} {picture.challenge} {printable(picture.path.name)}"
        try:
            image = read_image(picture.path)
            encoded = encode_frames(
                [(where, image)], trained.encoder, detector, photo_crops_of(trained)
            )
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
    folder: pathlib.Path | None,
    template: Template,
    failures: dict[str, str],
    name: str,
) -> dict[str, np.ndarray]:
    """The distances of all vertices of the scans, float [M] mm, by challenge.

    Args:
      folder: the submission, or None for the average face.
    """
    found, scans, of_mean = {}, {}, {}
    for picture in tqdm.tqdm(pictures, unit="scan", mininterval=5):
        where = f"{name} {picture.subject} {picture.challenge} {printable(picture.path.stem)}"
        try:
            if picture.subject not in scans:
                scans = {picture.subject: _read_scan(picture)}
            scan = scans[picture.subject]
            if folder is None:
                if picture.subject not in of_mean:
                    of_mean[picture.subject] = _of_pair(template.face, scan, template)
                own = of_mean[picture.subject]
            else:
                own = _of_pair(_read_prediction(picture, folder), scan, template)
            found.setdefault(picture.challenge, []).append(own)
        except (OSError, ValueError) as error:
            failures[where] = str(error)
    return {challenge: np.concatenate(parts) for challenge, parts in found.items()}


def _of_pair(prediction: Face, scan: Face, template: Template) -> np.ndarray:
    errors = measure(prediction, scan, PROTOCOLS["now"], template, None).errors_mm
    return errors[np.isfinite(errors)]


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


def _write(
    options: Options, distances: dict[str, dict[str, np.ndarray]], failures: dict[str, str]
) -> None:
    table = now_table(distances)
    stand_in = (options.folder / STAND_IN_NOTE).is_file()
    report = Report(
        title="Reconstructions of pictures by the NoW benchmark",
        command=shlex.join(["python", *sys.argv]),
        facts={"data": f"{printable(options.folder.name)}{', a stand-in' if stand_in else ''}"},
        limits=["Distances go from the scan to the closest point of the mesh, in one direction."],
        tables=[table],
        pictures=[
            Picture(
                "cumulative.png",
                cumulative_plot(distances),
                "Part of the scans' vertices within a distance of the reconstruction",
            )
        ],
        metrics={
            "now": {
                row[0]: dict(zip(table.columns[1:], row[1:], strict=True)) for row in table.rows
            },
            "failures": failures,
        },
    )
    write_report(report, options.output)
    print(to_text(table))
    for where, why in failures.items():
        print(f"{where}: {why}")
    print(f"\n{options.output / 'report.html'}; submissions: {options.output / SUBMISSION}")
