"""What the commands of `python -m model.face_models` do; the options are defined in `__main__`."""

import argparse
import dataclasses
import pathlib
import re

import numpy as np

from model import mesh_io
from model.face_model_contents import Cut, FaceModelContents
from model.face_models import fetch as downloads
from model.face_models import ict_facekit
from model.face_models.bfm_hdf5 import write_bfm_hdf5
from model.face_models.coefficients import read_coefficients
from model.face_models.conversion import orthonormalized, with_expression_mean
from model.face_models.description import description
from model.face_models.load import load_face_model, read_face_model, to_morphable_model
from model.face_models.model_sheet import model_sheet
from model.face_models.painting.color_model import COMPONENTS, NOTE, PEOPLE, SEED, painted_colors
from model.face_models.verify import Comparison, compare
from model.morphable_model import MorphableModel
from model.sphere_atlas import sphere_atlas
from storage.atomic import write_bytes, write_together
from storage.images import png

_COEFFICIENT = re.compile(r"(shape|texture|expression)(\d+)=(-?(?:\d+\.?\d*|\.\d+))")
_MESH_SUFFIXES = (".glb", ".ply", ".obj")


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
    """Writes any face model in the layout of BFM 2017."""
    contents = _read_any(options)
    if options.orthonormalize:
        contents = orthonormalized(contents)
    if options.expression_mean:
        contents = with_expression_mean(contents)
    _write(options.output, contents, options.float16)


def verify(options: argparse.Namespace) -> None:
    """Checks a file, and compares it with another one."""
    contents = _read(options.file)
    for repair in contents.repairs:
        print(f"{options.file}: {repair}")
    print(f"{options.file}: every check passed")
    if options.against:
        _compare(contents, options)


def _compare(contents, options):
    """Prints how far a model is from another one; raises if that is more than is allowed."""
    reference = _read(options.against)
    tolerances = {"shape": options.tolerance, "color": options.color_tolerance}
    if contents.expression is not None and reference.expression is not None:
        tolerances["expression"] = options.tolerance
    problems = []
    for part, tolerance in tolerances.items():
        result = compare(contents, reference, part)
        unit = "0..1" if part == "color" else "mm"
        print(f"against {options.against}, {part} in {unit}: {_in_words(result)}")
        if tolerance is not None and not result.worst <= tolerance:
            problems.append(f"{part}: {result.worst:.4f} {unit} is more than {tolerance} {unit}")
    if problems:
        raise ValueError(f"{options.file} differs from {options.against}: {'; '.join(problems)}")


def _in_words(result: Comparison) -> str:
    return (
        f"{result.n_vertices} vertices; means at most {result.mean:.4f} apart; "
        f"{len(result.modes)} components at most {result.modes.max():.4f} from what the other's "
        f"span; their deviations at most {result.deviations.max():.4f} apart "
        f"({result.ratios.min():.4g} to {result.ratios.max():.4g} times the other's)"
    )


def mesh(options: argparse.Namespace) -> None:
    """Writes the face of a set of coefficients as a mesh file."""
    if pathlib.Path(options.output).suffix.lower() not in _MESH_SUFFIXES:
        raise ValueError(f"{options.output}: must end in .glb, .ply or .obj")
    model = load_face_model(options.file, expression_mean=options.expression_mean)
    values = _coefficients(model, options)
    expression = values["expression"] if model.expression_components else None
    vertices = model.decode_shape(values["shape"], expression)[0].numpy()
    colors = model.decode_texture(values["texture"])[0].numpy()
    face = mesh_io.Mesh(vertices, colors, model.triangles)
    write_together(pathlib.Path(options.output).parent, _mesh_files(face, model, options.output))
    print(f"{options.output}: {model.n_vertices} vertices, {len(model.triangles)} triangles")


def paint(options: argparse.Namespace) -> None:
    """Writes a face model with painted colors in place of its own."""
    components = COMPONENTS if options.components is None else options.components
    people, seed = _people(options), SEED if options.seed is None else options.seed
    if components < 1:
        raise ValueError(f"--components={components} must be at least 1")
    if people <= components:
        raise ValueError(f"--people={people} must be above {components} components")
    contents = _read(options.file)
    points = contents.landmarks_68
    if points is None or np.any(points < 0):
        raise ValueError(f"{options.file}: painting needs all of the 68 landmarks")
    if "skin" not in contents.regions:
        raise ValueError(f"{options.file}: painting needs the region 'skin' in metadata/regions")
    color = painted_colors(contents.shape.mean, contents.regions, points, components, people, seed)
    notes = contents.notes | {"color_note": f"{NOTE}; {people} of seed {seed}"}
    contents = dataclasses.replace(contents, color=color, color_space="srgb", notes=notes)
    _write(options.output, contents, options.float16)


def fetch(options: argparse.Namespace) -> None:
    """Downloads ICT-FaceKit."""
    folder = pathlib.Path(options.output or downloads.default_folder())
    checked = downloads.fetch_ict(folder, options.url or downloads.URL)
    count = len(list(folder.iterdir()))
    print(f"{folder}: {count} files; SHA-256 verified of {', '.join(checked)}")
    print("no sums are published for the others: they are unverified")
    print(downloads.CITATION)
    print(f"next: python -m model.face_models convert {folder} ict.h5")


def _cut(options) -> Cut:
    return Cut(*(getattr(options, f"{part}_components") for part in Cut._fields))


def _people(options) -> int:
    return PEOPLE if options.people is None else options.people


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
        options.source, options.region, drop, _cut(options), _people(options)
    )


def _write(path, contents, half):
    path = pathlib.Path(path)
    write_bfm_hdf5(path, contents, np.float16 if half else np.float32)
    print(f"{path}: written, {path.stat().st_size / 1e6:.0f} MB")
    for line in description(contents):
        print(f"  {line}")


def _coefficients(model: MorphableModel, options) -> dict[str, np.ndarray]:
    """Coefficients [1, K] of the file and of the single values; the others are 0."""
    sizes = {part: getattr(model, f"{part}_components") for part in Cut._fields}
    values = {part: np.zeros([1, size], np.float32) for part, size in sizes.items()}
    given = read_coefficients(options.coefficients) if options.coefficients else {}
    for part, coefficients in given.items():
        if len(coefficients) > sizes[part]:
            raise ValueError(
                f"{options.coefficients}: {part} has {len(coefficients)} coefficients, the face "
                f"model has {sizes[part]}"
            )
        values[part][0, : len(coefficients)] = coefficients
    for text in options.set:
        match = _COEFFICIENT.fullmatch(text)
        if not match or not 0 < int(match[2]) <= sizes[match[1]]:
            raise ValueError(f"--set={text}: must be like shape1=3, with components of {sizes}")
        values[match[1]][0, int(match[2]) - 1] = float(match[3])
    return values


def _mesh_files(face, model, output) -> dict[str, bytes]:
    path = pathlib.Path(output)
    name = re.sub(r"\s+", "_", path.stem)
    if path.suffix.lower() == ".glb":
        return {path.name: mesh_io.glb(face, name)}
    if path.suffix.lower() == ".ply":
        return {path.name: mesh_io.ply(face)}
    return mesh_io.obj(face, sphere_atlas(model), name)
