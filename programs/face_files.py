"""The files of a reconstructed face: meshes, texture, coefficients, a picture."""

import io
from collections.abc import Collection

import numpy as np

import open_parts
from model import mesh_io
from model.decoder import Coefficients
from model.face_finding import FoundFace
from model.kit_layout import kit_atlas
from model.living_face import LivingFaces
from model.named_expressions import load_named_expressions
from model.reconstructor import ReconstructedFace, Reconstructor
from model.rendered_views import Portraits
from model.sphere_atlas import sphere_atlas
from programs.face_formats import FORMATS
from storage.images import png
from storage.printable import printable

YAWS_DEG = (0, -30, 30)
EXPRESSIONS = open_parts.FACE_MODEL.with_name("ict_named_expressions.npz")
MOUTH_PARTS = open_parts.FACE_MODEL.with_name("ict_mouth_parts.npz")
_PANEL_PIXELS = 384


class FaceFiles:
    """Turns reconstructions into the bytes of their files."""

    def __init__(
        self,
        reconstructor: Reconstructor,
        formats: Collection[str] = tuple(FORMATS),
        texture_size: int = 1024,
        glb_texture: bool = False,
    ):
        """Prepares what all faces share: the texture's layout, expressions, a compiled renderer.

        Args:
          reconstructor: whose faces are written.
          formats: some of `FORMATS`; nothing is prepared for the others.
          texture_size: width and height of textures in pixels.
          glb_texture: whether the GLB file has a texture, or colors of vertices.
        """
        self._model = reconstructor.face_model
        self._formats = formats
        crop = reconstructor.encoder.crop
        self._portraits = self._atlas = self._living = None
        self._glb_texture = glb_texture
        if "render" in formats:
            self._portraits = Portraits(self._model, crop, _PANEL_PIXELS, YAWS_DEG)
        if not {"obj", "glb"} & set(formats):
            return
        expressions = load_named_expressions(EXPRESSIONS, MOUTH_PARTS, self._model)
        if "glb" in formats and expressions:
            self._living = LivingFaces(self._model, expressions)
        if "obj" in formats or glb_texture:
            self._atlas = (
                kit_atlas(EXPRESSIONS, MOUTH_PARTS, self._model, texture_size)
                if expressions
                else sphere_atlas(self._model, texture_size)
            )

    def panels(
        self, face: ReconstructedFace, found: FoundFace, image: np.ndarray
    ) -> list[np.ndarray]:
        """Draws photograph, front and turned views: uint8 RGB [S, S, 3] each.

        There are none if no renders are wanted.
        """
        if self._portraits is None:
            return []
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
        makers = {
            "glb": lambda: {f"{name}.glb": self._glb(face, mesh, name)},
            "ply": lambda: {f"{name}.ply": mesh_io.ply(mesh)},
            "obj": lambda: mesh_io.obj(mesh, self._atlas, name),
            "coefficients": lambda: {
                f"{name}_coefficients.npz": self._coefficients(face, found, source)
            },
            "render": lambda: {f"{name}_render.png": png(np.concatenate(panels, axis=1))},
        }
        files: dict[str, bytes] = {}
        for kind in self._formats:
            files |= makers[kind]()
        return files

    def _glb(self, face, mesh, name):
        """The face with expressions and the inside of its mouth, if there are any for its model."""
        atlas = self._atlas if self._glb_texture else None
        if self._living is None:
            return mesh_io.glb(mesh, name, atlas=atlas)
        whole = self._living.mesh(face.shape, face.vertices, face.colors)
        return mesh_io.glb(whole, name, self._living.morphs, atlas=atlas)

    def _coefficients(self, face, found, source):
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
        return coefficients.getvalue()
