"""The files of a reconstructed face: meshes, texture, coefficients, a picture."""

import io
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

import numpy as np

import open_parts
from model import mesh_io
from model.chart_atlas import chart_atlas
from model.decoder import Coefficients
from model.face_finding import FoundFace
from model.fitting.camera import Pose
from model.kit_layout import kit_atlas
from model.living_face import LivingFaces
from model.named_expressions import load_named_expressions
from model.reconstructor import ReconstructedFace, Reconstructor
from model.rendered_views import Portraits
from model.sphere_atlas import sphere_atlas
from programs.face_formats import FORMATS
from programs.landmarks_68_file import landmarks_68_json
from storage.images import png
from storage.printable import printable

YAWS_DEG = (0, -30, 30)
_PANEL_PIXELS = 384


class FaceFiles:
    """Turns reconstructions into the bytes of their files."""

    def __init__(
        self,
        reconstructor: Reconstructor,
        formats: Collection[str] = tuple(FORMATS),
        texture_size: int = 1024,
        glb_texture: bool = False,
        texture_layout: str = "auto",
        expression: Mapping[str, float] = MappingProxyType({}),
    ):
        """Prepares what all faces share: the texture's layout, expressions, a compiled renderer.

        Args:
          reconstructor: whose faces are written.
          formats: some of `FORMATS` and `EXTRAS`; nothing is prepared for the others.
          texture_size: width and height of textures in pixels.
          glb_texture: whether the GLB file has a texture, or colors of vertices.
          texture_layout: one of `face_formats.TEXTURE_LAYOUTS`.
          expression: strengths of named expressions, which meshes and renders show; a GLB file
            opens in it. Empty for faces at rest.

        Raises:
          ValueError: the face model does not know the landmarks or the expression that are asked
            for.
        """
        self._model = reconstructor.face_model
        self._formats = formats
        crop = reconstructor.encoder.crop
        self._portraits = self._atlas = self._living = None
        self._glb_texture = glb_texture
        if "landmarks68" in formats:
            self._model.landmark_indices_68()
        if "render" in formats:
            self._portraits = Portraits(self._model, crop, _PANEL_PIXELS, YAWS_DEG)
        # Both take as long as a photograph takes to be read, and do it beside.
        beside = ThreadPoolExecutor(1)
        if "obj" in formats or ("glb" in formats and glb_texture):
            self._atlas = beside.submit(_texture_atlas, self._model, texture_size, texture_layout)
        if "glb" in formats or expression:
            self._living = beside.submit(_living_faces, self._model)
        beside.shutdown(wait=False)
        self._expression, self._weights = expression, None
        if expression:
            if self._living.result() is None:
                raise ValueError(
                    f"face model {self._model.name} has no named expressions; leave out "
                    "--expression"
                )
            self._weights = self._living.result().weights(expression)

    def photograph(self, image: np.ndarray, found: FoundFace) -> np.ndarray | None:
        """Cuts the first panel out of a photograph: uint8 RGB [S, S, 3]; None without renders."""
        return self._portraits and self._portraits.photograph(image, found.points)

    def panels(
        self, faces: Sequence[ReconstructedFace], poses: Pose, photographs: Sequence[np.ndarray]
    ) -> list[list[np.ndarray]]:
        """Draws for each face photograph, mesh over it, front and turned views.

        Args:
          faces: B faces.
          poses: how they stand.
          photographs: what `photograph` cut for each of them.

        Returns:
          Lists of uint8 RGB [S, S, 3]; they are empty if no renders are wanted.
        """
        if self._portraits is None or not faces:
            return [[] for _ in faces]
        coefficients = Coefficients(
            np.stack([face.shape for face in faces]), np.stack([face.texture for face in faces])
        )
        photographs = np.stack(photographs)
        over = self._portraits.overlays(coefficients, poses.rotation, photographs)
        views = self._portraits.renders(coefficients)
        if self._expression:
            meshes = [self._expressed(face) for face in faces]
            views = self._portraits.of_meshes(
                np.stack([mesh.vertices for mesh in meshes]),
                np.stack([mesh.colors for mesh in meshes]),
                meshes[0].triangles,
            )
        return [
            list(row) for row in np.concatenate([photographs[:, None], over[:, None], views], 1)
        ]

    def __call__(
        self,
        face: ReconstructedFace,
        found: FoundFace,
        pose: Pose,
        name: str,
        panels: list[np.ndarray],
        source: str,
    ) -> dict[str, bytes]:
        """Makes all files of a face, by their names.

        Args:
          face: the reconstruction.
          found: where the face was.
          pose: how it stood before the camera.
          name: what the files are called before their endings.
          panels: as `panels` draws them.
          source: the photograph's name, which is stored with the coefficients.
        """
        mesh = mesh_io.Mesh(face.vertices, face.colors, self._model.triangles)
        shown = self._expressed(face) if self._expression else mesh
        makers = {
            "glb": lambda: {f"{name}.glb": self._glb(face, mesh, name)},
            "ply": lambda: {f"{name}.ply": mesh_io.ply(shown)},
            "obj": lambda: mesh_io.obj(shown, self._atlas.result(), name),
            "coefficients": lambda: {
                f"{name}_coefficients.npz": self._coefficients(face, found, pose, source)
            },
            "render": lambda: {f"{name}_render.png": png(np.concatenate(panels, axis=1))},
            "landmarks68": lambda: {
                f"{name}_landmarks68.json": landmarks_68_json(
                    self._model, face.vertices, pose, source
                ).encode()
            },
        }
        files: dict[str, bytes] = {}
        for kind in self._formats:
            files |= makers[kind]()
        return files

    def _glb(self, face, mesh, name):
        """The face with expressions and the inside of its mouth, if there are any for its model."""
        atlas = self._atlas.result() if self._glb_texture else None
        living = self._living.result()
        if living is None:
            return mesh_io.glb(mesh, name, atlas=atlas)
        whole = living.mesh(face.shape, face.vertices, face.colors)
        return mesh_io.glb(whole, name, living.morphs, self._weights, atlas)

    def _expressed(self, face):
        """A face in the expression that is asked for, with the inside of its mouth."""
        living = self._living.result()
        whole = living.mesh(face.shape, face.vertices, face.colors)
        return living.expressed(whole, self._expression)

    def _coefficients(self, face, found, pose, source):
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
            rotation=pose.rotation[0],
            focal=pose.focal[0],
            center=pose.center[0],
            camera_distance=pose.distance,
            photograph=printable(source),
            face_model=self._model.fingerprint,
        )
        return coefficients.getvalue()


def _expressions(face_model):
    return load_named_expressions(open_parts.NAMED_EXPRESSIONS, open_parts.MOUTH_PARTS, face_model)


def _living_faces(face_model):
    """What makes faces move; None if the expressions were made for another face model."""
    expressions = _expressions(face_model)
    return LivingFaces(face_model, expressions) if expressions else None


def _texture_atlas(face_model, size, layout):
    """Charts, or the layout that the face model's makers gave it; for any other one a sphere's."""
    expressions = _expressions(face_model)
    if layout == "charts":
        vertices, triangles = face_model.mean_vertices, face_model.triangles
        if expressions:
            # The texture of a face that moves has places for the inside of its mouth.
            inside = expressions.mouth_triangles + len(vertices)
            triangles = np.concatenate([triangles, inside])
            vertices = np.concatenate([vertices, expressions.mouth_vertices(np.zeros(0))])
        return chart_atlas(vertices, triangles, size)
    if expressions:
        return kit_atlas(open_parts.NAMED_EXPRESSIONS, open_parts.MOUTH_PARTS, face_model, size)
    return sphere_atlas(face_model, size)
