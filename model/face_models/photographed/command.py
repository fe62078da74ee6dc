"""The command `learn-colors`: writes a face model with colors learned from photographs."""

import argparse
import dataclasses
import pathlib

import command_line
from storage.atomic import write_bytes

_NOTE = (
    "learned from {used} portraits of as many people, mixed: colors of portraits under evened "
    "light, completed and limited, not measured albedo; tones of skin follow measured skin, not "
    "the portraits"
)


def add_parser(commands) -> None:
    """Adds the command to those of `python -m model.face_models`."""
    parser = commands.add_parser(
        "learn-colors", help="write a model with colors learned from photographs"
    )
    parser.add_argument("file", help="the face model; needs eyeballs and the 68 landmarks")
    parser.add_argument("--photos", required=True, help="folder of portraits, one a person")
    parser.add_argument(
        "--dense_landmarks", required=True, help=".npz with 478 points of each portrait"
    )
    parser.add_argument(
        "--points_on_mesh", required=True, help=".npz that says where they lie on the face model"
    )
    parser.add_argument("--split", help="learns from this split of the folder's splits.csv alone")
    parser.add_argument("--output", required=True, help="the .h5 file to write, in half precision")
    parser.add_argument(
        "--components", type=int, default=80, help="of the colors, those of tone included"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pictures", help="folder for a contact sheet of every step")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Learns the colors, and writes the face model and the pictures.

    Raises:
      ValueError, OSError: a file is missing or not what it should be.
    """
    command_line.import_tensorflow()
    import numpy as np
    from tqdm import tqdm

    from model.face_models import bfm_hdf5
    from model.face_models.load import read_face_model
    from model.face_models.photographed import tone
    from model.face_models.photographed.learn import ColorLearner
    from model.face_models.photographed.portraits import read_portraits
    from model.face_models.photographed.step_sheets import step_sheets
    from model.fitting.points_on_mesh import read_points_on_mesh

    if options.components <= tone.COMPONENTS:
        raise ValueError(
            f"--components={options.components} must be above {tone.COMPONENTS}, the components "
            "of tone"
        )
    face_model = read_face_model(options.file)
    points = read_points_on_mesh(options.points_on_mesh, face_model.n_vertices)
    portraits = read_portraits(options.photos, options.dense_landmarks, options.split)

    def progress(steps, title):
        return tqdm(steps, desc=title, mininterval=1)

    learner = ColorLearner(face_model, points, options.components, options.seed, progress)
    learned = learner(portraits)
    notes = face_model.notes | {
        "color_note": _NOTE.format(used=len(learned.used)),
        "tone_components": str(tone.COMPONENTS),
    }
    result = dataclasses.replace(face_model, color=learned.color, color_space="srgb", notes=notes)
    bfm_hdf5.write_bfm_hdf5(options.output, result, np.float16)
    print(
        f"{options.output}: {len(learned.used)} of {len(portraits)} portraits used, "
        f"{np.count_nonzero(learned.glasses)} of them with glasses; landmarks fitted to "
        f"{np.median(learned.fit.rms):.2f} px (median)"
    )
    if options.pictures:
        for name, data in step_sheets(learned, portraits, result, points).items():
            write_bytes(pathlib.Path(options.pictures) / name, data)
            print(f"{options.pictures}/{name}")
