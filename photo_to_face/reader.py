"""Reads faces from photographs: detector, recognition network, decoder and face model as one."""

import functools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

import command_line
import open_parts
from photo_to_face.face import Face
from photo_to_face.pixels import rgb_pixels

if TYPE_CHECKING:
    from model.face_finding import FoundFace
    from model.reconstructor import ReconstructedFace
    from photo_to_face.pixels import Image
    from programs.face_files import FaceFiles


class FaceReader:
    """Turns photographs into faces of a morphable model. It is made once, and used often."""

    def __init__(
        self,
        checkpoint: str | os.PathLike[str] = open_parts.DECODER,
        landmarks: str | os.PathLike[str] | None = None,
        refine_steps: int = 0,
    ):
        """Loads networks and face model, which takes seconds.

        Args:
          checkpoint: a decoder's file, or the folder of a run of train.py; by default the shipped
            decoder.
          landmarks: a CSV file of five points a photograph, which is looked up by the names that
            `read` is given; by default the detector finds the points.
          refine_steps: how many steps fit each face further to its photograph; 30 take some seconds
            a face and make it clearly more alike.

        Raises:
          OSError, ValueError: a file is missing or damaged, or the parts do not belong together.
        """
        command_line.import_tensorflow()
        from data_pipeline.second_look import make_careful_detector
        from model.reconstructor import make_reconstructor
        from model.trained import load_trained

        trained = load_trained([checkpoint])
        detector = make_careful_detector(landmarks)
        self._reconstructor = make_reconstructor(trained, detector, refine_steps)

    def read(self, image: "Image", name: str = "") -> Face:
        """Reads the largest face of a photograph.

        Args:
          image: a path, an image of Pillow, or an array: [H, W] or [H, W, channels], gray or RGB,
            with or without alpha; uint8, uint16, or floats in 0..1.
          name: the photograph's name, which is stored with coefficients.

        Raises:
          ValueError: there is no face (`model.face_finding.NoFaceError`), or it is no image.
          FileNotFoundError: there is no such file.
        """
        pixels = rgb_pixels(image)
        return self._faces(pixels, [self._reconstructor.find(pixels, name)], name)[0]

    def read_all(self, image: "Image", name: str = "") -> list[Face]:
        """Reads all faces of a photograph, the largest first; see `read`."""
        pixels = rgb_pixels(image)
        return self._faces(pixels, self._reconstructor.find_all(pixels, name), name)

    def merge(self, images: Sequence["Image"]) -> Face:
        """Averages several photographs of one person into one face (section 4.2 of the paper).

        Args:
          images: at least one, as `read` takes them; the largest face of each counts. The face has
            points, box and pose of the first.

        Raises:
          ValueError: there is no image, or one without a face.
        """
        if not len(images):
            raise ValueError("give at least one image")
        pixels = [rgb_pixels(image) for image in images]
        found = [self._reconstructor.find(own) for own in pixels]
        crops = [self._reconstructor.cut(*pair) for pair in zip(pixels, found, strict=True)]
        face = self._reconstructor.average(self._reconstructor.encode(np.stack(crops)))
        return self._face(face, found[0], pixels[0], "")

    def _faces(self, pixels: np.ndarray, found: "list[FoundFace]", name: str) -> list[Face]:
        crops = np.stack([self._reconstructor.cut(pixels, one) for one in found])
        faces = self._reconstructor.reconstruct(crops)
        pairs = zip(faces, found, strict=True)
        return [self._face(face, one, pixels, name) for face, one in pairs]

    def _face(
        self, face: "ReconstructedFace", found: "FoundFace", pixels: np.ndarray, name: str
    ) -> Face:
        from programs.reconstruction_results import pose_fields

        pose = self._reconstructor.poses([face], found.points[None])

        @functools.cache
        def panels() -> list[np.ndarray]:
            files = self._face_files("render")
            return files.panels([face], pose, [files.photograph(pixels, found)])[0]

        def files(kind: str, stem: str) -> dict[str, bytes]:
            drawn = panels() if kind == "render" else []
            return self._face_files(kind)(face, found, pose, stem, drawn, name)

        return Face(
            vertices=face.vertices,
            colors=face.colors,
            triangles=self._reconstructor.face_model.triangles,
            shape=face.shape,
            texture=face.texture,
            embedding=face.embedding,
            points=found.points,
            box=found.box,
            pose=pose_fields(pose),
            notes=found.notes,
            _files=files,
            _picture=lambda: np.concatenate(panels(), axis=1),
        )

    @functools.cache  # noqa: B019 - a reader lives as long as its program.
    def _face_files(self, kind: str) -> "FaceFiles":
        from programs.face_files import FaceFiles

        return FaceFiles(self._reconstructor, (kind,))
