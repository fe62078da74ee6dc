"""Handles face model files: describes, converts, checks, paints, downloads them, exports meshes.

    python -m model.face_models info FILE
    python -m model.face_models convert SOURCE OUTPUT.h5
    python -m model.face_models verify FILE --against OTHER
    python -m model.face_models mesh FILE OUTPUT.glb --set shape1=3
    python -m model.face_models paint FILE OUTPUT.h5
    python -m model.face_models learn-colors FILE --photos=DIR ... --output=OUTPUT.h5
    python -m model.face_models fetch ict

What the commands do is in `model.face_models.commands`.
"""

import argparse
from collections.abc import Callable

import command_line
from model.face_models.photographed.command import add_parser as add_learn_colors

PARTS = ("shape", "texture", "expression")


def main(arguments: list[str] | None = None) -> None:
    """Runs a command within this process; an error of the input ends in one line.

    Args:
      arguments: of the command line, without the program's name; by default those of this process.

    Raises:
      SystemExit: the input is wrong.
    """
    options = make_parser().parse_args(arguments)
    with command_line.one_line_errors("face_models"):
        options.run(options)


def make_parser() -> command_line.ArgumentParser:
    """Makes the parser of all subcommands."""
    parser = command_line.ArgumentParser(
        prog="python -m model.face_models", description="Handles face model files."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, text, add_arguments in (
        ("info", "print what a file is, and draw it", _add_info),
        ("convert", "write a face model in the layout of BFM 2017", _add_convert),
        ("verify", "check a file, and compare it with another one", _add_verify),
        ("mesh", "write the face of a set of coefficients as a mesh", _add_mesh),
        ("paint", "write a face model with colors that are painted by code", _add_paint),
        ("fetch", "download an openly licensed face model", _add_fetch),
    ):
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        add_arguments(command)
        command.set_defaults(run=_command(name))
    add_learn_colors(commands)
    return parser


def _command(name: str) -> Callable[[argparse.Namespace], None]:
    """A command that is imported when it runs: TensorFlow takes seconds, `--help` must not."""

    def run(options):
        command_line.import_tensorflow()
        from model.face_models import commands

        getattr(commands, name)(options)

    return run


def _add_info(command):
    command.add_argument("file", help="the face model")
    command.add_argument("--output", help="the PNG file to write; by default NAME_info.png")
    _add_components(command)


def _add_convert(command):
    command.add_argument(
        "source", help="the folder of ICT-FaceKit, the .mat file of BFM 2009, or an .h5 file"
    )
    command.add_argument("output", help="the .h5 file to write")
    command.add_argument(
        "--region",
        choices=["head", "face", "narrow"],
        default="head",
        help="which part of ICT-FaceKit to keep: the head with its neck (the default), the face "
        "with its ears, or the face without them",
    )
    command.add_argument(
        "--drop",
        default="teeth,lashes",
        help="which parts of ICT-FaceKit to leave out: of eyes, teeth and lashes, separated by "
        "commas, or nothing; by default teeth,lashes",
    )
    _add_people(command)
    command.add_argument(
        "--expression_mean",
        action="store_true",
        help="add the mean of the expressions to the shape",
    )
    command.add_argument(
        "--orthonormalize",
        action="store_true",
        help="replace a basis that is not orthonormal by the principal components of its modes",
    )
    _add_float16(command)
    _add_components(command)


def _add_verify(command):
    command.add_argument("file", help="the face model")
    command.add_argument(
        "--against", metavar="OTHER", help="a face model with corresponding vertices"
    )
    command.add_argument(
        "--tolerance",
        type=float,
        default=0.05,
        metavar="MM",
        help="how far shapes and expressions may be apart, in mm; by default 0.05",
    )
    command.add_argument(
        "--color_tolerance",
        type=float,
        metavar="X",
        help="how far colors, in 0..1, may be apart; by default as far as they are",
    )


def _add_mesh(command):
    command.add_argument("file", help="the face model")
    command.add_argument("output", help="the mesh to write, ending in .glb, .ply or .obj")
    command.add_argument(
        "--coefficients",
        metavar="NPZ",
        help="a file with arrays shape, texture or expression, as reconstruct.py writes it; "
        "coefficients that are not given are 0",
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="shape1=3",
        help="one coefficient, counted from 1; may be given again",
    )
    command.add_argument(
        "--expression_mean",
        action="store_true",
        help="add the mean of the expressions to the shape",
    )


def _add_paint(command):
    command.add_argument("file", help="the face model; it needs 68 points and the region 'skin'")
    command.add_argument("output", help="the .h5 file to write")
    command.add_argument(
        "--components",
        type=int,
        help="how many color components to make; by default as many as the embedded model has",
    )
    _add_people(command)
    command.add_argument(
        "--seed", type=int, help="the seed of the people; by default the embedded model's"
    )
    _add_float16(command)


def _add_fetch(command):
    command.add_argument("name", choices=["ict"], help="which face model: ict is ICT-FaceKit")
    command.add_argument("--output", help="the folder to write; by default one in the user's cache")
    command.add_argument("--url", help="where the archive is; by default the official place")


def _add_components(command):
    for part in PARTS:
        command.add_argument(
            f"--{part}_components",
            type=int,
            metavar="K",
            help=f"how many {part} components to keep; by default all",
        )


def _add_people(command):
    command.add_argument(
        "--people",
        type=int,
        help="how many people to paint for the colors; by default as many as for the embedded "
        "model",
    )


def _add_float16(command):
    command.add_argument(
        "--float16", action="store_true", help="write bases in half precision: half the size"
    )


if __name__ == "__main__":
    command_line.run_subcommand("face_models", make_parser())
