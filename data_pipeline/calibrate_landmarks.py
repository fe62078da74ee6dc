r"""Measures where the detector sees the five points, so that photographs and renders lie alike.

    python -m data_pipeline.calibrate_landmarks --face_model=FILE
    python -m data_pipeline.calibrate_landmarks --face_model=FILE --photos=DIR \
        --dense_landmarks=NPZ --points_on_mesh=NPZ
    python -m data_pipeline.calibrate_landmarks --landmarks=CSV --photos=DIR --output=NEW.csv

The first two are for a face model. The detector (mtcnn) puts "the eye" or "the nose" a few
millimeters off the landmarks of a face model. Photographs are aligned by the detector's points and
renders by the model's, so the constant difference would shift every render against its photograph.
Random faces are rendered and detected; or, which is better where dense landmarks of photographs are
known, the face model is fitted to these and the photographs are detected. The offset of each point
goes into a file beside the face model, where every command finds it.

The third is for a file of landmarks that another detector made. Photographs that both detectors
found are compared, and the file is written anew with its points where mtcnn would see them.
"""

import argparse
import pathlib

import command_line
from storage.printable import printable


def calibrate_face_model(options: argparse.Namespace) -> None:
    """Writes the offsets of a face model into a file beside it."""
    from data_pipeline.mtcnn_detector import MtcnnDetector
    from model.crop import FIVE_POINTS
    from model.face_models.load import read_face_model, to_morphable_model
    from model.landmarks import EMBEDDED_MESH, mesh_digest, offsets_path, write_offsets

    contents = read_face_model(options.face_model)
    # Without its offsets: these are about to be made, and the old ones may be damaged.
    model = to_morphable_model(contents)
    if options.output is None and mesh_digest(model) == EMBEDDED_MESH:
        raise ValueError(
            f"{printable(options.face_model)}: this is the mesh of the embedded face model, whose "
            "offsets are known (model.landmarks); give --output=FILE to measure them nevertheless"
        )
    detector = MtcnnDetector()
    measured, where = _measure(options, contents, model, detector)
    offsets = {
        point: tuple(round(float(x), 1) for x in offset)
        for point, offset in zip(FIVE_POINTS, measured.offsets, strict=True)
    }
    notes = {
        "detector": detector.spec,
        where: measured.faces,
        "left_over_px": round(measured.left_over, 2),
    }
    output = pathlib.Path(options.output or offsets_path(options.face_model))
    write_offsets(output, model, offsets, notes)
    for point, (x, y, z) in offsets.items():
        print(f"{point:12} {x:5.1f} {y:5.1f} {z:5.1f} mm")
    print(f"left over on {measured.faces} faces: {measured.left_over:.2f} pixels in the median")
    print(printable(output))


def _measure(options, contents, model, detector):
    """Measures on photographs where they are given, else on renders; also says on which."""
    from data_pipeline import landmark_offsets
    from model.face_models.photographed.portraits import read_portraits
    from model.fitting.points_on_mesh import read_points_on_mesh

    if not options.dense_landmarks:
        return landmark_offsets.measure_offsets(model, detector, options.faces), "rendered_faces"
    if not (options.photos and options.points_on_mesh):
        raise ValueError("--dense_landmarks needs --photos=DIR and --points_on_mesh=NPZ")
    points = read_points_on_mesh(options.points_on_mesh, contents.n_vertices)
    portraits = read_portraits(options.photos, options.dense_landmarks, options.split)
    measured = landmark_offsets.measure_offsets_on_photographs(
        contents, model, points, portraits, detector
    )
    return measured, "photographs"


def calibrate_landmark_file(options: argparse.Namespace) -> None:
    """Writes a landmark file with its points moved to where mtcnn sees them."""
    from data_pipeline.csv_rows import read_csv
    from data_pipeline.detection import POINT_COLUMNS, made_by
    from data_pipeline.landmark_shifts import measure_shifts, write_moved
    from data_pipeline.mtcnn_detector import MtcnnDetector
    from model.crop import FIVE_POINTS

    if options.output is None:
        raise ValueError("--landmarks needs --output=FILE.csv, for the points that were moved")
    table = read_csv(options.landmarks, ["file", *POINT_COLUMNS])
    folder = options.photos or pathlib.Path(options.landmarks).parent
    measured = measure_shifts(table, folder, MtcnnDetector(), options.faces)
    write_moved(
        options.output, table, measured.shifts, f"mtcnn, moved from {made_by(table) or 'another'}"
    )
    for point, (right, down) in zip(FIVE_POINTS, measured.shifts, strict=True):
        print(f"{point:12} {right:5.2f} to the right, {down:5.2f} down")
    print(
        f"from the file's points to mtcnn's, in pixels of a crop of 128; the median distance on "
        f"{measured.photographs} photographs was {measured.before:.2f} and is {measured.after:.2f}"
    )
    print(printable(options.output))


def calibrate(options: argparse.Namespace) -> None:
    """Does what the options say."""
    command_line.import_tensorflow()
    if options.landmarks:
        calibrate_landmark_file(options)
    else:
        calibrate_face_model(options)


def make_parser() -> command_line.ArgumentParser:
    """Makes the parser of the command."""
    parser = command_line.ArgumentParser(
        prog="python -m data_pipeline.calibrate_landmarks",
        description="Measures where the detector sees the five points of a face.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--face_model", help="the file of the face model to measure")
    what.add_argument("--landmarks", help="the CSV file whose points to move to those of mtcnn")
    parser.add_argument(
        "--photos",
        help="the folder of the photographs; by default that of the file of --landmarks",
    )
    parser.add_argument(
        "--dense_landmarks",
        help="with --face_model: dense landmarks of the photographs (docs/learned_colors.md)",
    )
    parser.add_argument(
        "--points_on_mesh", help="with --dense_landmarks: where they lie on the face model"
    )
    parser.add_argument(
        "--split", help="with --dense_landmarks: only this split of the folder's splits.csv counts"
    )
    parser.add_argument(
        "--faces",
        type=command_line.positive_integer,
        default=200,
        help="how many faces to look at (default: 200)",
    )
    parser.add_argument(
        "--output",
        help="the file to write; by default NAME.landmarks.json beside the face model",
    )
    parser.set_defaults(run=calibrate)
    return parser


if __name__ == "__main__":
    command_line.run_subcommand("data_pipeline.calibrate_landmarks", make_parser())
