"""The commands of `python -m model.face_models`."""

import argparse
import dataclasses
import pathlib
import re

import numpy as np
from absl import logging

from model import mesh_io
from model.face_models import bfm_hdf5, fetch, ict_facekit
from model.face_models.contents import Cut, FaceModelContents, principal_components
from model.face_models.description import description
from model.face_models.load import load_face_model, read_face_model, to_morphable_model
from model.face_models.model_sheet import model_sheet
from model.face_models.painting.color_model import COMPONENTS, NOTE, PEOPLE, SEED, painted_colors
from model.face_models.photographed.command import add_parser as add_learn_colors
from model.face_models.verify import compare_shapes
from model.texture_atlas import TextureAtlas
from storage.atomic import write_bytes, write_together
from storage.images import png

# A converted kit agrees with another conversion of it this well.
TOLERANCE_MM = 0.05
_COEFFICIENT = re.compile(r"(shape|texture|expression)(\d+)=(-?[\d.]+)")


def main(arguments: list[str] | None = None) -> None:
    """Runs a command; errors of the user's become one line."""
    logging.set_verbosity(logging.ERROR)
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (OSError, ValueError) as error:
        raise SystemExit(f"face_models: {error}") from error


def info(options: argparse.Namespace) -> None:
    """Prints what a file is, and draws it."""
    contents = _read(options.file, _cut(options))
    print(f"{options.file}: {contents.layout}")
    for line in description(contents):
        print(f"  {line}")
    model = to_morphable_model(contents, pathlib.Path(options.file).stem)
    print(f"  fingerprint: {model.fingerprint}")
    output = options.output or f"{pathlib.Path(options.file).stem}_info.png"
    write_bytes(output, png(model_sheet(model)))
    print(f"  picture: {output}")


def convert(options: argparse.Namespace) -> None:
    """Writes any face model in the BFM 2017 layout."""
    contents = _read_any(options)
    if options.orthonormalize:
        contents = _orthonormalized(contents)
    if options.expression_mean:
        contents = _with_expression_mean(contents, options.source)
    _write(options.output, contents, np.float16 if options.float16 else np.float32)


def verify(options: argparse.Namespace) -> None:
    """Checks a file, and compares it with another one."""
    contents = _read(options.file)
    for repair in contents.repairs:
        print(f"{options.file}: {repair}")
    print(f"{options.file}: every check passed")
    if not options.against:
        return
    result = compare_shapes(contents, _read(options.against))
    worst = max(result.mean, result.modes.max())
    print(
        f"against {options.against}, {result.n_vertices} vertices: means at most "
        f"{result.mean:.4f} mm apart; {len(result.modes)} shape components at most "
        f"{result.modes.max():.4f} mm from the span of its shape components"
    )
    if worst > options.tolerance:
        raise ValueError(f"{worst:.4f} mm is more than {options.tolerance} mm")


def export_mesh(options: argparse.Namespace) -> None:
    """Writes the face of a set of coefficients as a mesh file."""
    model = load_face_model(options.file, expression_mean=options.expression_mean)
    values = _coefficients(model, options)
    expression = values["expression"] if model.expression_components else None
    vertices = model.decode_shape(values["shape"], expression)[0].numpy()
    colors = model.decode_texture(values["texture"])[0].numpy()
    mesh = mesh_io.Mesh(vertices, colors, model.triangles)
    write_together(pathlib.Path(options.output).parent, _mesh_files(mesh, model, options.output))
    print(f"{options.output}: {model.n_vertices} vertices, {len(model.triangles)} triangles")


def paint(options: argparse.Namespace) -> None:
    """Writes a face model with painted colors in place of its own."""
    contents = _read(options.file)
    points = contents.landmarks_68
    if points is None or np.any(points < 0):
        raise ValueError(f"{options.file}: painting needs all of the 68 landmarks")
    if "skin" not in contents.regions:
        raise ValueError(f"{options.file}: painting needs the region 'skin' in metadata/regions")
    if options.people <= options.components:
        raise ValueError(f"--people={options.people} must be above {options.components} components")
    color = painted_colors(
        contents.shape.mean,
        contents.regions,
        points,
        options.components,
        options.people,
        options.seed,
    )
    notes = contents.notes | {"color_note": f"{NOTE}; {options.people} of seed {options.seed}"}
    contents = dataclasses.replace(contents, color=color, color_space="srgb", notes=notes)
    _write(options.output, contents, np.float16 if options.float16 else np.float32)


def fetch_kit(options: argparse.Namespace) -> None:
    """Downloads ICT-FaceKit."""
    folder = pathlib.Path(options.output or fetch.default_folder())
    checked = fetch.fetch_ict(folder, options.url)
    count = len(list(folder.iterdir()))
    print(f"{folder}: {count} files; SHA-256 verified of {', '.join(checked)}")
    print("no sums are published for the others: they are unverified")
    print(fetch.CITATION)
    print(f"next: python -m model.face_models convert {folder} ict.h5")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model.face_models", description="Handles face model files."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("info", help="print what a file is and draw it")
    command.add_argument("file")
    command.add_argument("--output", help="the PNG; NAME_info.png by default")
    _add_cut(command)
    command.set_defaults(run=info)

    command = commands.add_parser("convert", help="write any face model in the BFM 2017 layout")
    command.add_argument("source", help="ICT-FaceKit's folder, a BFM 2009 .mat, or an .h5 file")
    command.add_argument("output")
    command.add_argument(
        "--region", choices=ict_facekit.REGIONS, default="head", help="of ICT-FaceKit"
    )
    command.add_argument(
        "--drop", default="teeth,lashes", help="of ICT-FaceKit: eyes,teeth,lashes, or nothing"
    )
    _add_people(command)
    command.add_argument(
        "--expression_mean", action="store_true", help="add the expressions' mean to the shape"
    )
    command.add_argument(
        "--orthonormalize", action="store_true", help="mend a basis that is not orthonormal"
    )
    command.add_argument("--float16", action="store_true", help="half the size")
    _add_cut(command)
    command.set_defaults(run=convert)

    command = commands.add_parser("verify", help="check a file, compare it with another one")
    command.add_argument("file")
    command.add_argument("--against", help="a model with corresponding vertices")
    command.add_argument("--tolerance", type=float, default=TOLERANCE_MM, help="in mm")
    command.set_defaults(run=verify)

    command = commands.add_parser("mesh", help="write the face of a set of coefficients")
    command.add_argument("file")
    command.add_argument("output", help="ending in .glb, .ply or .obj")
    command.add_argument("--coefficients", help="an .npz with shape, texture, expression")
    command.add_argument(
        "--set", action="append", default=[], metavar="shape1=3", help="one coefficient, from 1 on"
    )
    command.add_argument("--expression_mean", action="store_true", help="as for convert")
    command.set_defaults(run=export_mesh)

    command = commands.add_parser("paint", help="write a model with colors painted by code")
    command.add_argument("file")
    command.add_argument("output")
    command.add_argument("--components", type=int, default=COMPONENTS, help="of the colors")
    _add_people(command)
    command.add_argument("--seed", type=int, default=SEED)
    command.add_argument("--float16", action="store_true", help="half the size")
    command.set_defaults(run=paint)

    add_learn_colors(commands)

    command = commands.add_parser("fetch", help="download an openly licensed face model")
    command.add_argument("name", choices=["ict"])
    command.add_argument("--output", help="folder; the user's cache by default")
    command.add_argument("--url", default=fetch.URL, help="of the archive")
    command.set_defaults(run=fetch_kit)
    return parser


def _add_cut(command):
    for part in Cut._fields:
        command.add_argument(f"--{part}_components", type=int, help="how many to keep")


def _add_people(command):
    command.add_argument("--people", type=int, default=PEOPLE, help="painted for the colors")


def _cut(options) -> Cut:
    return Cut(*(getattr(options, f"{part}_components") for part in Cut._fields))


def _read(path, cut=Cut()) -> FaceModelContents:
    if ict_facekit.is_ict_facekit(path):
        raise ValueError(f"{path}: is a folder of ICT-FaceKit; `convert` it first")
    return read_face_model(path, cut)


def _read_any(options) -> FaceModelContents:
    if not pathlib.Path(options.source).is_dir():
        return read_face_model(
            options.source, _cut(options), orthonormal=not options.orthonormalize
        )
    drop = () if options.drop in ("", "nothing") else tuple(options.drop.split(","))
    return ict_facekit.read_ict_facekit(
        options.source, options.region, drop, _cut(options), options.people
    )


def _orthonormalized(contents):
    def mended(part):
        return principal_components(part.mean, part.basis * np.sqrt(part.variance))

    parts = {"shape": mended(contents.shape), "color": mended(contents.color)}
    if contents.expression is not None:
        parts["expression"] = mended(contents.expression)
    return dataclasses.replace(contents, **parts)


def _with_expression_mean(contents, source):
    if contents.expression is None:
        raise ValueError(f"{source}: has no expressions, so no mean of them to add")
    offset = contents.expression.mean
    return dataclasses.replace(
        contents,
        shape=contents.shape._replace(mean=contents.shape.mean + offset),
        expression=contents.expression._replace(mean=np.zeros_like(offset)),
    )


def _write(path, contents, dtype=np.float32):
    path = pathlib.Path(path)
    bfm_hdf5.write_bfm_hdf5(path, contents, dtype)
    print(f"{path}: written, {path.stat().st_size / 1e6:.0f} MB")
    for line in description(contents):
        print(f"  {line}")


def _coefficients(model, options) -> dict[str, np.ndarray]:
    """Coefficients [1, K] of the file and of the single values; the rest is 0."""
    sizes = {part: getattr(model, f"{part}_components") for part in Cut._fields}
    values = {part: np.zeros([1, size], np.float32) for part, size in sizes.items()}
    if options.coefficients:
        for part, given in _read_coefficients(options.coefficients).items():
            if len(given) > sizes[part]:
                raise ValueError(
                    f"{options.coefficients}: {part} has {len(given)} coefficients, the model "
                    f"{sizes[part]}"
                )
            values[part][0, : len(given)] = given
    for text in options.set:
        match = _COEFFICIENT.fullmatch(text)
        if not match or not 0 < int(match[2]) <= sizes[match[1]]:
            raise ValueError(f"--set={text}: must be like shape1=3, with components of {sizes}")
        values[match[1]][0, int(match[2]) - 1] = float(match[3])
    return values


def _read_coefficients(path):
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {
                part: np.asarray(arrays[part], np.float32).reshape(-1)
                for part in Cut._fields
                if part in arrays
            }
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path}: is no .npz of coefficients ({error})") from None


def _mesh_files(mesh, model, output) -> dict[str, bytes]:
    path = pathlib.Path(output)
    name = re.sub(r"\s+", "_", path.stem)
    if path.suffix == ".glb":
        return {path.name: mesh_io.glb(mesh, name)}
    if path.suffix == ".ply":
        return {path.name: mesh_io.ply(mesh)}
    if path.suffix == ".obj":
        return mesh_io.obj(mesh, TextureAtlas(model), name)
    raise ValueError(f"{output}: must end in .glb, .ply or .obj")
