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
from data_pipeline.scans.micc import FRONTAL, NOSE_TIP_OF_68, ScanFile, Subject, read_micc
from data_pipeline.scans.now import SEVEN_OF_68
from evaluation.contact_sheet import contact_sheet
from evaluation.geometry.face import Face, Template
from evaluation.geometry.protocols import PROTOCOLS, Measurement, measure
from evaluation.geometry.scan_table import Entry, scan_table, to_csv
from evaluation.geometry.surface import Surface
from evaluation.report import Picture, Report, write_report
from evaluation.table import to_text
from model.trained import Parts, Trained, load_trained
from programs.error_maps import LARGEST_MM, error_map
from programs.face_template import face_of, make_template
from programs.method_meshes import find_mesh, parse_methods, read_face
from programs.output_folder import check_apart
from programs.video_reconstruction import EncodedFrames, FrameCache, decode_average
from storage.atomic import write_bytes
from storage.images import jpeg
from storage.printable import printable

MEAN_FACE = "mean face"
_MAPPED_SUBJECTS = 4
# A data set that was fabricated says so in a file.
_STAND_IN = "README_stand_in.txt"


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


@dataclasses.dataclass(frozen=True, eq=False)
class _Case:
    """A reconstruction of a video, and a scan that it is compared with."""

    method: str
    subject: str
    condition: str
    view: str
    prediction: Face
    scan: Face


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
    faces, failures = reconstruct(options, subjects, trained)
    faces |= other_meshes(methods, subjects, trained, failures)
    faces[MEAN_FACE] = dict.fromkeys(_videos_of(subjects), template.face)
    scans = read_scans(subjects, failures)
    entries, maps = measure_all(options, faces, scans, template, failures)
    _write(options, trained, entries, maps, failures)


def reconstruct(
    options: Options, subjects: list[Subject], trained: Trained
) -> tuple[dict[str, dict], dict[str, str]]:
    """Reconstructs all videos by each decoder.

    Returns:
      Faces by (subject, condition), by the decoder's name; and the reasons of frames that failed.
    """
    detector = make_detector(None)
    cache = FrameCache(options.output / "cache", trained.encoder, detector)
    names = [own.path.stem for own in trained.decoders]
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


def measure_all(
    options: Options,
    faces: dict[str, dict],
    scans: dict[str, dict[str, Face]],
    template: Template,
    failures: dict[str, str],
) -> tuple[list[Entry], list[tuple[str, np.ndarray]]]:
    """Compares all faces with all scans of their subjects, under each policy of the scale.

    Returns:
      What was measured, and titled error maps of the first subjects, uint8 RGB [S, S, 3].
    """
    protocol = PROTOCOLS[options.protocol]
    cases = [
        _Case(method, subject, condition, view, face, scan)
        for subject, views in scans.items()
        for view, scan in views.items()
        for method, own in faces.items()
        for (who, condition), face in own.items()
        if who == subject
    ]
    if not cases:
        raise ValueError(f"{printable(options.folder)}: no video has a scan that it goes with")
    free = _measured(cases, protocol, template, dict.fromkeys(faces), failures)
    one = {m: _common_scale([r for c, r in free if c.method == m]) for m in faces}
    entries, shown = [], []
    for policy in options.scales or (protocol.scale,):
        if policy == "per_mesh":
            results = free
        else:
            scales = one if policy == "global" else dict.fromkeys(faces, 1.0)
            results = _measured(cases, protocol, template, scales, failures)
        entries += [_entry(case, policy, result) for case, result in results]
        shown = shown or _maps(results, template)
    return entries, shown


def _measured(cases, protocol, template, scales, failures) -> list[tuple[_Case, Measurement]]:
    results, known = [], {}
    for case in tqdm.tqdm(cases, unit="comparison", mininterval=5):
        # The same face under three conditions, such as the mean, is compared once with a scan.
        key = (case.prediction, case.scan, scales[case.method])
        try:
            if key not in known:
                known[key] = measure(case.prediction, case.scan, protocol, template, key[2])
            results.append((case, known[key]))
        except ValueError as error:
            failures[f"{case.method} {case.subject} {case.condition} {case.view}"] = str(error)
    return results


def _common_scale(results: list[Measurement]) -> float:
    """One scale for all meshes of a method: the geometric mean of their own."""
    return float(np.exp(np.mean([np.log(r.scale) for r in results]))) if results else 1.0


def _entry(case: _Case, policy: str, result: Measurement) -> Entry:
    return Entry(
        case.method,
        case.subject,
        case.condition,
        case.view,
        policy,
        result.distance_mm,
        result.scale,
        tuple(result.warnings()),
    )


def _maps(results, template) -> list[tuple[str, np.ndarray]]:
    """Error maps of the first subjects' first scans, under the first condition."""
    maps, subjects = {}, []
    for case, result in results:
        if case.subject not in subjects:
            subjects.append(case.subject)
        if len(subjects) <= _MAPPED_SUBJECTS:
            title = f"{case.subject}: {case.method}"
            if title not in maps:
                maps[title] = error_map(result, template)
    return list(maps.items())


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
    stand_in = (options.folder / _STAND_IN).is_file()
    table = scan_table(
        entries, options.frontal, options.protocol, options.protocol == "paper" and not stand_in
    )
    sheet = contact_sheet([np.stack([image for _, image in maps]) / 255.0], faces_per_row=4)
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
            *(["The scans are of a face model, not of people."] if stand_in else []),
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
