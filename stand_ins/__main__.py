"""Fabricates data in the layouts of data that one must register for.

    python -m stand_ins face-model OUTPUT.h5
    python -m stand_ins dataset --layout=vgg_face --output=DIR
    python -m stand_ins dataset --layout=lfw --output=DIR
    python -m stand_ins dataset --layout=mofa_test --output=DIR
    python -m stand_ins dataset --layout=vgg_face --output=DIR --from_photos=FOLDER
    python -m stand_ins scans --layout=micc --output=DIR
    python -m stand_ins scans --layout=now --output=DIR
    python -m stand_ins scan-subject SCAN.obj --mm_per_unit=1 --output=DIR

The first writes a file of the exact size of the Basel Face Model 2017 (`stand_ins.face_model`),
the next four write photographs in the layouts of VGG-Face, LFW and MoFA-Test
(`stand_ins.datasets`), then scans with photographs in the layouts of MICC and NoW
(`stand_ins.scan_datasets`), and the last pictures of a textured scan, which becomes a subject in
MICC's layout (`stand_ins.scan_subject`).
"""

import argparse
import pathlib

import command_line
import open_parts
from storage.printable import printable


def face_model(options: argparse.Namespace) -> None:
    """Writes a file of the size of the Basel Face Model 2017."""
    command_line.import_tensorflow()
    from model.face_models.bfm_hdf5 import write_bfm_hdf5
    from model.face_models.load import read_face_model
    from stand_ins.face_model import make_stand_in

    source = read_face_model(options.source)
    contents = make_stand_in(source, pathlib.Path(options.source).name, options.seed)
    write_bfm_hdf5(options.output, contents)
    print(f"{printable(options.output)}: {contents.stand_in}")


def dataset(options: argparse.Namespace) -> None:
    """Writes a folder of photographs in the layout of a dataset."""
    command_line.import_tensorflow()
    from data_pipeline.photographs import list_photographs
    from stand_ins import datasets

    if options.from_photos:
        datasets.write_from_photographs(
            options.output, options.layout, options.from_photos, options.seed
        )
    else:
        truth = datasets.write_rendered(
            options.output,
            options.layout,
            options.people,
            options.photos_per_person,
            options.seed,
            options.face_model,
        )
        print(f"{printable(truth)}: the truth about these people, for evaluation only")
    table = pathlib.Path(options.output, "identities.csv")
    listing = list_photographs(options.output, table if table.is_file() else None)
    if options.sheet:
        datasets.write_sheet(options.sheet, options.output)
    people = {photo.identity for photo in listing.photographs}
    print(
        f"{printable(options.output)}: {len(listing.photographs)} images of {len(people)} people "
        f"in the layout of {options.layout}; {len(listing.missing)} that are listed are missing"
    )


def scans(options: argparse.Namespace) -> None:
    """Writes a folder of scans in the layout of a dataset."""
    command_line.import_tensorflow()
    from stand_ins.scan_datasets import write_scans

    truth = write_scans(
        options.output,
        options.layout,
        options.people,
        options.frames,
        options.seed,
        options.face_model,
        options.noise_mm,
    )
    print(f"{printable(truth)}: the truth about these people, for evaluation only")
    print(f"{printable(options.output)}: {options.people} people in the layout of {options.layout}")


def scan_subject(options: argparse.Namespace) -> None:
    """Writes pictures of a textured scan, as a subject in the layout of MICC."""
    command_line.import_tensorflow()
    from stand_ins.scan_subject import write_scan_subject

    write_scan_subject(
        options.output, options.scan, options.mm_per_unit, options.frames, options.seed
    )
    print(f"{printable(options.output)}: one subject in the layout of micc")


def make_parser() -> command_line.ArgumentParser:
    """Makes the parser of the subcommands."""
    parser = command_line.ArgumentParser(
        prog="python -m stand_ins",
        description="Fabricates data in the layouts of data that one must register for.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("face-model", help="write a file of the size of BFM 2017")
    command.add_argument("output", help="the .h5 file to write")
    command.add_argument(
        "--source",
        default=open_parts.FACE_MODEL,
        help="the face model that it is made of; by default the embedded one",
    )
    command.add_argument("--seed", type=int, default=0, help="seed of the random residuals")
    command.set_defaults(run=face_model)

    command = commands.add_parser("dataset", help="write a folder of photographs")
    command.add_argument(
        "--layout",
        choices=["vgg_face", "lfw", "mofa_test"],
        default="vgg_face",
        help="the dataset whose layout to write",
    )
    command.add_argument("--output", required=True, help="the folder to write; it must not exist")
    command.add_argument(
        "--people",
        type=command_line.positive_integer,
        help="number of made-up people; by default 48, and 78 for mofa_test",
    )
    command.add_argument(
        "--photos_per_person",
        type=command_line.positive_integer,
        help="number of photographs of each; by default 6, and for mofa_test one of most people",
    )
    command.add_argument("--seed", type=int, default=0, help="seed of all random numbers")
    command.add_argument(
        "--face_model",
        default=open_parts.FACE_MODEL,
        help="the face model whose faces are shown; by default the embedded one",
    )
    command.add_argument("--sheet", help="a JPEG file to write that shows the first people")
    command.add_argument(
        "--from_photos", help="write the photographs of this folder, instead of made-up people"
    )
    command.set_defaults(run=dataset)

    command = commands.add_parser("scans", help="write a folder of scans and photographs")
    command.add_argument(
        "--layout",
        choices=["micc", "now"],
        default="micc",
        help="the dataset whose layout to write",
    )
    command.add_argument("--output", required=True, help="the folder to write; it must not exist")
    command.add_argument(
        "--people", type=command_line.positive_integer, default=6, help="number of made-up people"
    )
    command.add_argument(
        "--frames",
        type=command_line.positive_integer,
        default=5,
        help="pictures of each video or challenge",
    )
    command.add_argument("--seed", type=int, default=0, help="seed of all random numbers")
    command.add_argument(
        "--noise_mm", type=float, default=0.1, help="deviation of the scans' noise in millimeters"
    )
    command.add_argument(
        "--face_model",
        default=open_parts.FACE_MODEL,
        help="the face model whose faces are shown; by default the embedded one",
    )
    command.set_defaults(run=scans)

    command = commands.add_parser("scan-subject", help="write pictures of a textured scan")
    command.add_argument("scan", help="the OBJ file of a scan with a texture, y up and z forward")
    command.add_argument("--output", required=True, help="the folder to write; it must not exist")
    command.add_argument(
        "--mm_per_unit", type=float, default=1.0, help="how many millimeters its unit is"
    )
    command.add_argument(
        "--frames",
        type=command_line.positive_integer,
        default=12,
        help="pictures of each of the three videos",
    )
    command.add_argument("--seed", type=int, default=0, help="seed of all random numbers")
    command.set_defaults(run=scan_subject)
    return parser


if __name__ == "__main__":
    command_line.run_subcommand("stand_ins", make_parser())
