"""Measures reconstructions of videos against scans (table 1), from options to files."""

import dataclasses
import pathlib
import shlex
import sys
from collections.abc import Iterator, Sequence

import numpy as np
import tqdm

from data_pipeline.detection import make_detector
from data_pipeline.scans.frames import read_frames
from data_pipeline.scans.landmark_files import read_landmarks
from data_pipeline.scans.mesh_files import read_mesh
from data_pipeline.scans.micc import (
    FRONTAL,
    NOSE_TIP_OF_68,
    STAND_IN_NOTE,
    ScanFile,
    Subject,
    read_micc,
)
from data_pipeline.scans.now import SEVEN_OF_68
from evaluation.contact_sheet import contact_sheet
from evaluation.geometry.face import Face
from evaluation.geometry.protocols import PROTOCOLS
from evaluation.geometry.scan_table import Entry, scan_table, to_csv
from evaluation.geometry.surface import Surface
from evaluation.report import Picture, Report, write_report
from evaluation.table import to_text
from model.trained import Parts, Trained, load_trained
from programs.error_maps import LARGEST_MM
from programs.face_template import face_of, make_template
from programs.method_meshes import (
    MEAN_FACE,
    decoder_names,
    find_mesh,
    parse_methods,
    read_face,
)
from programs.output_folder import check_apart
from programs.scan_comparison import measure_all
from programs.video_reconstruction import (
    EncodedFrames,
    FrameCache,
    decode_average,
    photo_crops_of,
)
from storage.atomic import write_bytes
from storage.images import jpeg
from storage.printable import printable


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that an evaluation on scans depends on.

    Attributes:
      output: the folder of the report.
      folder: a data set in MICC's layout.
      checkpoints: decoder files or folders of runs.
      parts: the face model and the encoder, where they are not the decoders' own.
      protocol: a name in `PROTOCOLS`.
      scales: how scales are chosen, one or more of `SCALES`; empty for the protocol's own.
      average: what is averaged over a video, one of `AVERAGES`.
      frontal: how the scans of a subject are joined: "mean" or "min".
      methods: arguments NAME=FOLDER of meshes that other systems made.
      frame_step: each so-manieth frame is used.
    """

    output: pathlib.Path
    folder: pathlib.Path
    checkpoints: Sequence[str | pathlib.Path]
    parts: Parts = Parts()
    protocol: str = "paper"
    scales: tuple[str, ...] = ("per_mesh", "global")
    average: str = "embeddings"
    frontal: str = "mean"
    methods: tuple[str, ...] = ()
    frame_step: int = 1


def run(options: Options) -> None:
    """Measures what the options say, prints the tables and writes the report.

    Raises:
      OSError, ValueError: an option is wrong. A scan or frame that fails is counted and listed.
    """
    check_apart(options.output, options.folder)
    methods = parse_methods(list(options.methods))
    subjects = read_micc(options.folder)
    trained = load_trained(options.checkpoints, options.parts)
    template = make_template(trained.face_model)
    names = decoder_names(trained.decoders, methods)
    faces, failures = reconstruct(options, subjects, trained, names)
    faces |= other_meshes(methods, subjects, trained, failures)
    faces[MEAN_FACE] = dict.fromkeys(_videos_of(subjects), template.face)
    scans = read_scans(subjects, failures)
    how = PROTOCOLS[options.protocol]
    entries, maps = measure_all(faces, scans, how, options.scales, template, failures)
    if not entries:
        raise ValueError(f"{printable(options.folder)}: no video has a scan that it goes with")
    _write(options, trained, entries, maps, failures)


def reconstruct(
    options: Options, subjects: list[Subject], trained: Trained, names: list[str]
) -> tuple[dict[str, dict], dict[str, str]]:
    """Reconstructs all videos by each decoder, whose names are given in their order.

    Returns:
      Faces by (subject, condition), by the decoder's name; and the reasons of frames that failed.
    """
    detector = make_detector(None)
    cache = FrameCache(options.output / "cache", trained.encoder, detector, photo_crops_of(trained))
    faces, failures = {name: {} for name in names}, {}
    videos = [(s, c, path) for s in subjects for c, path in s.videos.items()]
    for subject, condition, path in tqdm.tqdm(videos, unit="video", mininterval=5):
        frames = read_frames(path, options.frame_step)
        key = f"{path.resolve()} step {options.frame_step} {path.stat().st_mtime_ns}"
        where = f"{subject.name} {condition}"
        try:
            encoded = cache(key, frames)
        except (OSError, ValueError) as error:
            failures[where] = str(error)
            continue
        failures |= {f"{where} {printable(n)}": why for n, why in encoded.failures.items()}
        if len(encoded.features):
            for name, face in _decoded(encoded, trained, names, options.average):
                faces[name][subject.name, condition] = face
        else:
            failures[where] = "no face in any frame"
    return faces, failures


def _decoded(
    encoded: EncodedFrames, trained: Trained, names: list[str], average: str
) -> Iterator[tuple[str, Face]]:
    for name, own in zip(names, trained.decoders, strict=True):
        vertices = decode_average(encoded.features, own, trained.face_model, average)
        yield name, face_of(trained.face_model, vertices)


def other_meshes(
    methods: dict[str, pathlib.Path],
    subjects: list[Subject],
    trained: Trained,
    failures: dict[str, str],
) -> dict[str, dict]:
    """Reads the meshes of other systems: faces by (subject, condition), by the method's name."""
    faces = {}
    for name, folder in methods.items():
        faces[name] = {}
        for subject, condition in _videos_of(subjects):
            path = find_mesh(folder, subject, condition)
            if path is None:
                failures[f"{name} {subject} {condition}"] = f"no mesh in {printable(folder)}"
                continue
            try:
                faces[name][subject, condition] = read_face(path, trained.face_model)
            except (OSError, ValueError) as error:
                failures[f"{name} {subject} {condition}"] = str(error)
        if not faces[name]:
            raise ValueError(
                f"{printable(folder)}: has no mesh such as {subjects[0].name}/cooperative.obj or "
                f"{subjects[0].name}.obj (--method {name})"
            )
    return faces


def read_scans(subjects: list[Subject], failures: dict[str, str]) -> dict[str, dict[str, Face]]:
    """Reads the frontal scans: faces by view, by subject."""
    scans = {}
    for subject in subjects:
        scans[subject.name] = {}
        for view in FRONTAL:
            if view in subject.scans:
                try:
                    scans[subject.name][view] = read_scan(subject.scans[view])
                except (OSError, ValueError) as error:
                    failures[f"{subject.name} {view}"] = str(error)
    return scans


def read_scan(files: ScanFile) -> Face:
    """Reads a scan with its landmarks, if it has some.

    Raises:
      OSError, ValueError: a file cannot be read.
    """
    surface = Surface(*read_mesh(files.mesh))
    if files.landmarks is None:
        return Face(surface)
    points = read_landmarks(files.landmarks)
    if len(points) != 68:
        raise ValueError(f"{printable(files.landmarks)}: has {len(points)} points instead of 68")
    return Face(surface, points[NOSE_TIP_OF_68], points[list(SEVEN_OF_68)])


def _videos_of(subjects: list[Subject]) -> list[tuple[str, str]]:
    return [(subject.name, condition) for subject in subjects for condition in subject.videos]


def _write(
    options: Options,
    trained: Trained,
    entries: list[Entry],
    maps: list[tuple[str, np.ndarray]],
    failures: dict[str, str],
) -> None:
    """Writes report and CSV, and prints the table with all warnings."""
    stand_in = (options.folder / STAND_IN_NOTE).is_file()
    table = scan_table(
        entries, options.frontal, options.protocol, options.protocol == "paper" and not stand_in
    )
    sheet = contact_sheet(
        [np.stack([image for _, image in maps]) / 255.0], faces_per_row=min(4, len(maps))
    )
    caption = f"Distances on the scans, blue 0 to red {LARGEST_MM:g} mm: " + "; ".join(
        title for title, _ in maps
    )
    warnings = {
        f"{e.method}, {e.subject} {e.condition} {e.scan}, scale {e.policy}": list(e.warnings)
        for e in entries
        if e.warnings
    }
    report = Report(
        title="Reconstructions of videos against scans",
        command=shlex.join(["python", *sys.argv]),
        facts={
            "data": f"{printable(options.folder.name)}{', a stand-in' if stand_in else ''}",
            "face model": trained.face_model.name,
            "protocol": f"{options.protocol}: {PROTOCOLS[options.protocol]}",
            "average": options.average,
            "frames without a face, and other failures": str(len(failures)),
        },
        limits=[
            "Distances to closest points miss what slides along the skin; docs/evaluation.md says "
            "how far each protocol can be believed.",
            *(
                ["The data only has the layout of MICC; its own figures stand in no paper."]
                if stand_in
                else []
            ),
        ],
        tables=[table],
        pictures=[Picture("error_maps.jpg", jpeg(sheet), caption)],
        metrics={
            "entries": [dataclasses.asdict(entry) for entry in entries],
            "warnings": warnings,
            "failures": failures,
        },
    )
    write_report(report, options.output)
    write_bytes(options.output / "by_subject.csv", to_csv(entries))
    print(to_text(table))
    for where, texts in warnings.items():
        print(f"warning: {where}: {'; '.join(texts)}")
    for where, why in failures.items():
        print(f"{where}: {why}")
    print(f"\n{options.output / 'report.html'}")
