"""The section of a report on reconstructions of videos against scans (table 1)."""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator

import numpy as np
import tqdm

from data_pipeline.detection import make_detector
from data_pipeline.scans.frames import read_frames
from data_pipeline.scans.landmark_files import read_landmarks
from data_pipeline.scans.mesh_files import read_mesh
from data_pipeline.scans.micc import FRONTAL, NOSE_TIP_OF_68, ScanFile, Subject, read_micc
from data_pipeline.scans.now import SEVEN_OF_68
from evaluation.contact_sheet import contact_sheet
from evaluation.geometry.face import Face
from evaluation.geometry.protocols import PROTOCOLS
from evaluation.geometry.scan_table import Entry, has_papers_protocol, scan_table, to_csv
from evaluation.geometry.surface import Surface
from evaluation.section import Picture, Section
from evaluation.tables import failure_table
from evaluation.turning_mesh import MeshFigure
from model.trained import Trained
from programs.error_maps import LARGEST_MM
from programs.error_meshes import error_figure
from programs.face_template import face_of
from programs.geometry_options import GeometryOptions
from programs.method_meshes import MEAN_FACE, decoder_names, find_mesh, parse_methods, read_face
from programs.output_folder import check_apart
from programs.scan_comparison import ErrorMap, measure_all
from programs.stand_in_scans import ScanFolder, scan_folder
from programs.video_reconstruction import (
    EncodedFrames,
    FrameCache,
    decode_average,
    photo_crops_of,
)
from programs.workbench import Workbench
from storage.atomic import write_bytes
from storage.images import jpeg
from storage.printable import printable

# Error maps of so many subjects turn on the page; each takes about a megabyte.
_TURNING_SUBJECTS = 2


def micc(bench: Workbench) -> Section:
    """Says how far faces from videos are from scans of their people.

    Raises:
      OSError, ValueError: an option is wrong. A scan or frame that fails is counted and listed.
    """
    geometry, output = bench.options.geometry, bench.options.output
    methods = parse_methods(list(geometry.methods))
    data = scan_folder(bench, "micc")
    check_apart(output, data.path)
    subjects, trained = read_micc(data.path), bench.trained
    names = decoder_names(trained.decoders, methods)
    cache = frame_cache(output, trained)
    faces, failures = reconstruct(geometry, subjects, trained, names, cache)
    faces |= other_meshes(methods, subjects, trained, failures)
    faces[MEAN_FACE] = dict.fromkeys(_videos_of(subjects), bench.template.face)
    scans = read_scans(subjects, failures)
    how, kept = PROTOCOLS[geometry.protocol], output / "cache" / "comparisons"
    entries, maps = measure_all(faces, scans, how, geometry.scales, bench.template, failures, kept)
    if not entries:
        raise ValueError(f"{printable(data.path)}: no video has a scan that it goes with")
    write_bytes(output / "by_subject.csv", to_csv(entries))
    return _section(geometry, data, entries, maps, failures, names)


def frame_cache(output: pathlib.Path, trained: Trained) -> FrameCache:
    """What is kept of the frames that the decoders of an evaluation read."""
    crops = photo_crops_of(trained)
    return FrameCache(output / "cache" / "frames", trained.encoder, make_detector(None), crops)


def read_video(
    cache: FrameCache, subject: Subject, condition: str, frame_step: int
) -> EncodedFrames:
    """Encodes the frames of a subject's video, or takes what was kept of them.

    Raises:
      OSError, ValueError: the video cannot be read.
    """
    path = subject.videos[condition]
    key = f"{path.resolve()} step {frame_step} {path.stat().st_mtime_ns}"
    return cache(key, read_frames(path, frame_step))


def reconstruct(
    geometry: GeometryOptions,
    subjects: list[Subject],
    trained: Trained,
    names: list[str],
    cache: FrameCache,
) -> tuple[dict[str, dict], dict[str, str]]:
    """Reconstructs all videos by each decoder, whose names are given in their order.

    Returns:
      Faces by (subject, condition), by the decoder's name; and the reasons of frames that failed.
    """
    faces, failures = {name: {} for name in names}, {}
    videos = [(subject, condition) for subject in subjects for condition in subject.videos]
    for subject, condition in tqdm.tqdm(videos, unit="video", mininterval=5):
        where = f"{subject.name} {condition}"
        try:
            encoded = read_video(cache, subject, condition, geometry.frame_step)
        except (OSError, ValueError) as error:
            failures[where] = str(error)
            continue
        failures |= {f"{where} {printable(n)}": why for n, why in encoded.failures.items()}
        if len(encoded.features):
            for name, face in _decoded(encoded, trained, names, geometry.average):
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


def _figures(maps: list[ErrorMap]) -> list[MeshFigure]:
    """Puts the error maps of one subject side by side, for the first subjects."""
    by_subject = [list(own) for _, own in itertools.groupby(maps, lambda shown: shown.subject)]
    return [
        error_figure(
            f"The first frontal scan of {own[0].subject}, and how far the faces that were made of "
            "the videos are from it. Gray is what was not compared.",
            [shown.mesh for shown in own],
        )
        for own in by_subject[:_TURNING_SUBJECTS]
    ]


def _section(
    geometry: GeometryOptions,
    data: ScanFolder,
    entries: list[Entry],
    maps: list[ErrorMap],
    failures: dict[str, str],
    decoders: list[str],
) -> Section:
    own = geometry.protocol, geometry.average, geometry.frame_step
    with_paper = has_papers_protocol(*own) and not data.is_stand_in
    beside = decoders if with_paper else ()
    table = scan_table(entries, geometry.frontal, geometry.protocol, beside)
    images = np.stack([shown.image for shown in maps]) / 255.0
    sheet = contact_sheet([images], faces_per_row=min(4, len(maps)))
    titles = "; ".join(f"{shown.subject}: {shown.method}" for shown in maps)
    caption = f"The distances on the scans, from blue for 0 to red for {LARGEST_MM:g} mm: {titles}."
    warnings = {
        f"{e.method}, {e.subject} {e.condition} {e.scan}, scale {e.policy}": "; ".join(e.warnings)
        for e in entries
        if e.warnings
    }
    problems = failure_table(
        "Videos against scans: what failed or is doubtful", failures | warnings
    )
    return Section(
        [table, *problems],
        [Picture("error_maps.jpg", jpeg(sheet), caption)],
        {
            "micc": {
                "entries": [dataclasses.asdict(entry) for entry in entries],
                "warnings": warnings,
                "failures": failures,
            }
        },
        meshes=_figures(maps),
        facts={
            "scans with videos": f"{printable(data.path.name)}"
            + (", a stand-in" if data.is_stand_in else ""),
            "protocol": f"{geometry.protocol}: {PROTOCOLS[geometry.protocol]}",
            "average": geometry.average,
        },
        fingerprints={"scans with videos": data.fingerprint()},
        limits=[
            "Distances to closest points miss what slides along the skin; docs/evaluation.md says "
            "how far each protocol can be believed.",
            *data.limits(),
        ],
    )
