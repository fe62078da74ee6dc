"""The files of a reconstructed face: meshes, texture, coefficients, a picture; and their names."""

import io
import pathlib
import re

import numpy as np

import open_parts
from model import mesh_io
from model.decoder import Coefficients
from model.face_finding import FoundFace
from model.living_face import LivingFaces
from model.named_expressions import load_named_expressions
from model.reconstructor import ReconstructedFace, Reconstructor
from model.rendered_views import Portraits
from model.texture_atlas import TextureAtlas
from storage.images import png
from storage.printable import printable

YAWS_DEG = (0, -30, 30)
# The files of a face end so, after its name.
SUFFIXES = (".glb", ".ply", ".obj", ".mtl", ".png", "_coefficients.npz", "_render.png")
EXPRESSIONS = open_parts.FACE_MODEL.with_name("ict_named_expressions.npz")
MOUTH_PARTS = open_parts.FACE_MODEL.with_name("ict_mouth_parts.npz")
_PANEL_PIXELS = 384
_NAME_BYTES = 180


class FaceFiles:
    """Turns reconstructions into the bytes of their files."""

    def __init__(self, reconstructor: Reconstructor):
        """Prepares what all faces share: the texture's layout and a compiled renderer."""
        self._model = reconstructor.face_model
        crop = reconstructor.encoder.crop
        self._portraits = Portraits(self._model, crop, _PANEL_PIXELS, YAWS_DEG)
        self._atlas = TextureAtlas(self._model)
        expressions = load_named_expressions(EXPRESSIONS, MOUTH_PARTS, self._model)
        self._living = LivingFaces(self._model, expressions) if expressions else None

    def panels(
        self, face: ReconstructedFace, found: FoundFace, image: np.ndarray
    ) -> list[np.ndarray]:
        """Draws photograph, front and turned views: uint8 RGB [S, S, 3] each, aligned."""
        coefficients = Coefficients(face.shape[None], face.texture[None])
        photograph = self._portraits.photograph(image, found.points)
        return [photograph, *self._portraits.renders(coefficients)[0]]

    def __call__(
        self,
        face: ReconstructedFace,
        found: FoundFace,
        name: str,
        panels: list[np.ndarray],
        source: str,
    ) -> dict[str, bytes]:
        """Makes all files of a face, by their names.

        Args:
          face: the reconstruction.
          found: where the face was.
          name: what the files are called before their endings.
          panels: as `panels` draws them.
          source: the photograph's name, which is stored with the coefficients.
        """
        mesh = mesh_io.Mesh(face.vertices, face.colors, self._model.triangles)
        coefficients = io.BytesIO()
        np.savez(
            coefficients,
            shape=face.shape,
            texture=face.texture,
            features=face.features,
            embedding=face.embedding,
            points=found.points,
            box=np.array(found.box),
            confidence=found.confidence,
            photograph=printable(source),
            face_model=self._model.fingerprint,
        )
        return {
            f"{name}.glb": self._glb(face, mesh, name),
            f"{name}.ply": mesh_io.ply(mesh),
            **mesh_io.obj(mesh, self._atlas, name),
            f"{name}_coefficients.npz": coefficients.getvalue(),
            f"{name}_render.png": png(np.concatenate(panels, axis=1)),
        }

    def _glb(self, face, mesh, name):
        """The face with expressions and the inside of its mouth, if there are any for its model."""
        if self._living is None:
            return mesh_io.glb(mesh, name)
        whole = self._living.mesh(face.shape, face.vertices, face.colors)
        return mesh_io.glb(whole, name, self._living.morphs)


def output_names(paths: list[pathlib.Path]) -> list[str]:
    """Names the files of each photograph: by its own name, made unique and harmless.

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


def _count(stem: str, stems: list[str]) -> int:
    return sum(other.casefold() == stem.casefold() for other in stems)


def _harmless(stem: str) -> str:
    """Takes out white space and signs, which readers of OBJ files stumble over."""
    # Bytes that are no text in the file system's encoding have no place in a mesh file.
    stem = stem.encode(errors="surrogateescape").decode(errors="replace")
    name = re.sub(r"[^\w.-]+", "_", stem).strip("._-")
    return name.encode()[:_NAME_BYTES].decode(errors="ignore") or "face"
