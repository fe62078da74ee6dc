"""Turns photographs into faces: meshes, textures, coefficients and renders.

Examples:
  python reconstruct.py --output_dir=faces me.jpg
  python reconstruct.py --checkpoint=RUN --output_dir=faces PHOTOS_FOLDER another.jpg

Writes for the largest face of each photograph:
  NAME.glb               for viewers, engines and Blender: meters, vertex colors
  NAME.obj .mtl .png     with a texture: millimeters
  NAME.ply               with vertex colors: millimeters
  NAME_coefficients.npz  of the morphable model, and where the face was
  NAME_render.png        photograph | front | turned to both sides
and contact_sheet.jpg of the first faces. A photograph that cannot be read or has no face is
reported and left out; the exit code is 1 if there is no face at all.
"""

import io
import pathlib
import re
import sys

import cv2
import numpy as np
from absl import app, flags
from PIL import Image

import open_parts
from data_pipeline.detection import make_detector
from data_pipeline.photographs import Photograph, list_photographs, read_image
from evaluation.contact_sheet import contact_sheet
from model import identity, mesh_io
from model.decoder import Coefficients
from model.reconstructor import ReconstructedFace, Reconstructor
from model.rendered_views import Portraits
from model.texture_atlas import TextureAtlas
from model.trained import load_trained

YAWS_DEG = (0, -30, 30)
_PANEL_PIXELS = 384
_THUMBNAIL_PIXELS = 128
_SHEET_FACES = 48
_NAME_BYTES = 180
_SHEET = "contact_sheet.jpg"
# Of the files of a face, after its name.
SUFFIXES = (".glb", ".ply", ".obj", ".mtl", ".png", "_coefficients.npz", "_render.png")


class FaceWriter:
    """Turns reconstructions into the bytes of their files."""

    def __init__(self, reconstructor: Reconstructor):
        """Prepares what all faces share: texture layout and compiled renderer."""
        self._model = reconstructor.face_model
        crop = reconstructor.encoder.crop
        self._portraits = Portraits(self._model, crop, _PANEL_PIXELS, YAWS_DEG)
        self._atlas = TextureAtlas(self._model)

    def panels(self, face: ReconstructedFace, image: np.ndarray) -> list[np.ndarray]:
        """Photograph, front and turned views: uint8 RGB [S, S, 3] each, aligned to each other."""
        coefficients = Coefficients(face.shape[None], face.texture[None])
        photograph = self._portraits.photograph(image, face.found.points)
        return [photograph, *self._portraits.renders(coefficients)[0]]

    def files(
        self, face: ReconstructedFace, name: str, panels: list[np.ndarray], source: str
    ) -> dict[str, bytes]:
        """All files of a face, by their names."""
        mesh = mesh_io.Mesh(face.vertices, face.colors, self._model.triangles)
        coefficients = io.BytesIO()
        np.savez(
            coefficients,
            shape=face.shape,
            texture=face.texture,
            features=face.features,
            embedding=face.embedding,
            points=face.found.points,
            box=np.array(face.found.box),
            confidence=face.found.confidence,
            photograph=source,
            face_model=self._model.fingerprint,
        )
        return {
            f"{name}.glb": mesh_io.glb(mesh, name),
            f"{name}.ply": mesh_io.ply(mesh),
            **mesh_io.obj(mesh, self._atlas, name),
            f"{name}_coefficients.npz": coefficients.getvalue(),
            f"{name}_render.png": mesh_io.png(np.concatenate(panels, axis=1)),
        }


def collect(arguments: list[str], output: pathlib.Path) -> list[Photograph]:
    """The photographs that files and folders stand for, each once.

    Raises:
      FileNotFoundError: an argument is neither a file nor a folder.
      ValueError: a folder has no photograph, or is where the results go.
    """
    photos = {}
    for argument in map(pathlib.Path, arguments):
        if argument.is_dir():
            if argument.resolve() == output.resolve():
                raise ValueError(f"{argument}: photographs and results need different folders")
            found = list_photographs(argument).photographs
            # Results of an earlier run inside of the folder are no photographs.
            found = [p for p in found if not p.path.resolve().is_relative_to(output.resolve())]
        elif argument.exists():
            found = [Photograph(argument, argument.name)]
        else:
            raise FileNotFoundError(f"{argument}: no such photograph or folder")
        photos |= {photo.path.resolve(): photo for photo in found}
    return list(photos.values())


def output_names(paths: list[pathlib.Path]) -> list[str]:
    """A name for the files of each photograph: its own, made unique and harmless.

    Equal names in different folders are preceded by the folder's; the rest is numbered. Names that
    differ only in case are equal, since some file systems say so.
    """
    stems = [_harmless(path.stem) for path in paths]
    common = {stem.casefold() for stem in stems if _count(stem, stems) > 1}
    taken, names = set(), []
    for path, stem in zip(paths, stems, strict=True):
        if stem.casefold() in common and path.parent.name:
            stem = _harmless(f"{path.parent.name}_{stem}")
        name, number = stem, 1
        # A face's render must not be another face's texture.
        while taken & {name.casefold(), f"{name}_render".casefold()}:
            number += 1
            name = f"{stem}_{number}"
        taken |= {name.casefold(), f"{name}_render".casefold()}
        names.append(name)
    return names


def check_overwrites_no_photograph(
    photos: list[Photograph], names: list[str], folder: pathlib.Path
) -> None:
    """Refuses results that would replace a photograph.

    Raises:
      ValueError: the folder holds such a photograph.
    """
    results = {(folder / f"{name}{suffix}").resolve() for name in names for suffix in SUFFIXES}
    results.add((folder / _SHEET).resolve())
    for photo in photos:
        if photo.path.resolve() in results:
            raise ValueError(f"{photo.path}: would be overwritten; change --output_dir")


def _count(stem: str, stems: list[str]) -> int:
    return sum(other.casefold() == stem.casefold() for other in stems)


def _harmless(stem: str) -> str:
    """A name without white space and signs, which readers of OBJ files stumble over."""
    name = re.sub(r"[^\w.-]+", "_", stem).strip("._-")
    return name.encode()[:_NAME_BYTES].decode(errors="ignore") or "face"


def write_files(folder: pathlib.Path, files: dict[str, bytes]) -> None:
    """Writes files so that each appears complete, and none if one cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    partials = {folder / f"{name}.partial": folder / name for name in files}
    try:
        for partial, data in zip(partials, files.values(), strict=True):
            partial.write_bytes(data)
        for partial, path in partials.items():
            partial.replace(path)
    finally:
        for partial in partials:
            partial.unlink(missing_ok=True)


def define_flags() -> None:
    """Defines the flags of the command."""
    flags.DEFINE_string(
        "checkpoint",
        str(open_parts.DECODER),
        "Folder of a run, or a decoder file; default: the shipped decoder.",
    )
    flags.DEFINE_string("face_model", str(open_parts.FACE_MODEL), "Face model of the decoder.")
    flags.DEFINE_enum("identity_encoder", "openvino_ir", identity.NAMES, "Encoder of the decoder.")
    flags.DEFINE_string("identity_weights", None, "Its weights; default: those in open_parts.")
    flags.DEFINE_string("landmarks", None, "CSV of five points a photograph; mtcnn by default.")
    flags.DEFINE_integer("limit", None, "At most so many photographs.", lower_bound=1)
    flags.DEFINE_string("output_dir", None, "Folder for the results.", required=True)


def main(argv: list[str]) -> None:
    if len(argv) < 2:
        raise app.UsageError("name at least one photograph or folder of photographs")
    try:
        succeeded = run(flags.FLAGS, argv[1:])
    except (OSError, ValueError) as error:
        raise SystemExit(f"reconstruct: {error}") from error
    if not succeeded:
        raise SystemExit("reconstruct: no face in any photograph")


def run(options: flags.FlagValues, arguments: list[str]) -> int:
    """Reconstructs what the flags and arguments say; returns how many faces were written."""
    folder = pathlib.Path(options.output_dir)
    photos = collect(arguments, folder)[: options.limit]
    names = output_names([photo.path for photo in photos])
    check_overwrites_no_photograph(photos, names, folder)
    trained = load_trained(
        [options.checkpoint],
        options.face_model,
        options.identity_encoder,
        options.identity_weights,
    )
    reconstructor = Reconstructor(
        trained.decoders[0], trained.encoder, trained.face_model, make_detector(options.landmarks)
    )
    writer = FaceWriter(reconstructor)
    thumbnails, written = [], 0
    for photo, name in zip(photos, names, strict=True):
        # Whatever a photograph does to a decoder, the detector or the alignment: the others go on.
        try:
            image = read_image(photo.path)
            face = reconstructor(image, photo.name)
        except Exception as error:
            reason = str(error).removeprefix(f"{photo.path}: ") or type(error).__name__
            print(f"{photo.path}: {' '.join(reason.split())}", file=sys.stderr)
            continue
        panels = writer.panels(face, image)
        files = writer.files(face, name, panels, photo.name)
        write_files(folder, files)
        written += 1
        print(f"{photo.path} -> {folder / name}.glb .obj .ply", flush=True)
        if len(thumbnails) < _SHEET_FACES:
            size = (_THUMBNAIL_PIXELS, _THUMBNAIL_PIXELS)
            thumbnails.append([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in panels])
    if thumbnails:
        columns = np.stack(thumbnails, axis=1) / 255.0
        buffer = io.BytesIO()
        Image.fromarray(contact_sheet(list(columns), 3)).save(buffer, "JPEG", quality=90)
        write_files(folder, {_SHEET: buffer.getvalue()})
    return written


if __name__ == "__main__":
    define_flags()
    app.run(main)
