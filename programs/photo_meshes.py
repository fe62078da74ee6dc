"""Faces that other systems made of the photographs, drawn and judged as the decoders' faces are."""

import dataclasses
import functools
import hashlib
import pathlib

import numpy as np
import tensorflow as tf
import tqdm

from data_pipeline.scans.mesh_files import millimeters_per_unit
from evaluation.geometry.face import Face, Template
from evaluation.geometry.face_search import find_face
from evaluation.geometry.registration import in_topology
from evaluation.geometry.surface import Surface
from model.crop import FIVE_POINTS, Crop
from model.decoder import Coefficients
from model.face_renderer import FaceRenderer
from model.identity.network import IdentityNetwork
from model.landmarks import LANDMARKS, five_points
from model.mesh_io import Mesh
from model.morphable_model import LinearModel, MorphableModel
from model.scene import fixed_scene, stack_scenes
from model.shading import Shading
from programs.colored_meshes import read_colored
from programs.kept_arrays import KeptArrays
from programs.method_meshes import find_mesh
from storage.printable import printable


@dataclasses.dataclass(frozen=True)
class MethodFaces:
    """What one system made of some of the P photographs.

    Attributes:
      paths: the meshes' files, by the number of the photograph.
      faces: each mesh as a face model of this one face, upright and in millimeters.
      failures: why photographs have none, by their name.
      fingerprint: a hash of the files.
    """

    paths: dict[int, pathlib.Path]
    faces: dict[int, MorphableModel]
    failures: dict[str, str]
    fingerprint: str

    def missing(self, photographs: int) -> np.ndarray:
        """Which of so many photographs have no face: bool [photographs]."""
        return np.array([k not in self.faces for k in range(photographs)])

    def embeddings(
        self,
        network: IdentityNetwork,
        photographs: int,
        shading: Shading,
        yaws_deg: tuple[int, ...],
        renderer: type[FaceRenderer] = FaceRenderer,
        kept: KeptArrays = KeptArrays(),
    ) -> np.ndarray:
        """Embeds the renders in the fixed scene, V views of each: float32 [photographs, V, E].

        Where there is no face, the embedding is NaN.
        """
        made = np.full([photographs, len(yaws_deg), network.embedding_size], np.nan, np.float32)
        for k, face in self.faces.items():
            how = f"{renderer.__name__} {shading} {yaws_deg} {network.crop} {network.fingerprint}"
            make = functools.partial(_embedded, face, network, shading, yaws_deg, renderer)
            made[k] = kept("embeddings", [how, face.fingerprint], make)
        return made


def _embedded(face, network, shading, yaws_deg, renderer) -> np.ndarray:
    images = draw(face, network.crop, shading, yaws_deg, renderer)
    return network(images).embedding.numpy()


def draw(
    face: MorphableModel,
    crop: Crop,
    shading: Shading,
    yaws_deg: tuple[int, ...],
    renderer: type[FaceRenderer] = FaceRenderer,
) -> np.ndarray:
    """Renders a face model's average in the fixed scene: float32 [V, S, S, 3]."""
    scenes = stack_scenes([fixed_scene(yaw) for yaw in yaws_deg], 1)
    return renderer(face, crop, shading)(*average(face), scenes).numpy()[0]


def average(face: MorphableModel) -> Coefficients:
    """The coefficients of a face model's average, [1, K] each."""
    return Coefficients(
        tf.zeros([1, face.shape_components]), tf.zeros([1, face.texture_components])
    )


def read_faces(
    method: str,
    folder: pathlib.Path,
    names: tuple[str, ...],
    template: Template,
    by: MorphableModel,
    kept: KeptArrays = KeptArrays(),
) -> MethodFaces:
    """Finds and reads the meshes of photographs; those that fail are listed.

    A mesh has the name of its photograph. One with the name of the folder in which photographs lie
    counts for all of them, as the scan of a person does.

    Args:
      method: the name of the system.
      folder: of its meshes.
      names: of the P photographs.
      template: the average face by which meshes are found.
      by: the face model of the template.
      kept: the meshes that were turned upright.

    Raises:
      ValueError: no photograph has a mesh that can be read.
    """
    paths = {k: path for k, name in enumerate(names) if (path := _find(folder, name))}
    faces, read, failures = {}, {}, {}
    for k, path in tqdm.tqdm(paths.items(), desc=method, unit="mesh", mininterval=5):
        try:
            if path not in read:
                read[path] = face_model_of(read_colored(path), template, by, kept)
            faces[k] = read[path]
        except (OSError, ValueError) as error:
            failures[printable(names[k])] = str(error)
    for k, name in enumerate(names):
        if k not in paths:
            failures[printable(name)] = f"no mesh in {printable(folder)}"
    if not faces:
        reasons = "; ".join(dict.fromkeys(failures.values()))
        raise ValueError(
            f"{printable(folder)}: has no mesh of a photograph, such as "
            f"{pathlib.PurePath(printable(names[0])).with_suffix('.obj')} (--method {method}): "
            f"{reasons[:300]}"
        )
    return MethodFaces(paths, faces, failures, _fingerprint(paths))


def _find(folder: pathlib.Path, name: str) -> pathlib.Path | None:
    parts = pathlib.PurePath(name).with_suffix("").parts
    return find_mesh(folder, *parts) or find_mesh(folder, parts[-1])


def _fingerprint(paths: dict[int, pathlib.Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(set(paths.values())):
        digest.update(path.name.encode(errors="surrogateescape"))
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def face_model_of(
    mesh: Mesh, template: Template, by: MorphableModel, kept: KeptArrays = KeptArrays()
) -> MorphableModel:
    """Makes of a mesh in any pose and unit a face model of one face, which renderers can draw.

    A mesh of the face model's topology is taken as it is. In any other the face is searched, and
    the five points by which faces are aligned are found by registration.

    Raises:
      ValueError: there is no face in the mesh.
    """
    vertices = mesh.vertices.astype(np.float64)
    vertices *= millimeters_per_unit(vertices, mesh.triangles)
    if len(vertices) == by.n_vertices and np.array_equal(mesh.triangles, by.triangles):
        points = five_points(by)(vertices[None].astype(np.float32)).numpy()[0]
    else:
        make = functools.partial(_upright, vertices, mesh.triangles, template, by)
        both = kept("upright", [vertices, mesh.triangles, by.fingerprint], make)
        vertices, points = both[:-5], both[-5:]
    return _one_face(mesh, vertices, points)


def _upright(vertices, triangles, template, by):
    """Turns a mesh into the template's frame; returns its vertices, and then its five points."""
    face = Face(Surface(vertices, triangles))
    back = find_face(face, template).from_template.inverse()
    registered = back(in_topology(face, template).surface.vertices)
    points = five_points(by)(registered[None].astype(np.float32)).numpy()[0]
    return np.concatenate([back(vertices), points])


def _one_face(mesh: Mesh, vertices: np.ndarray, points: np.ndarray) -> MorphableModel:
    """A face model without variation; its last five vertices are its five points."""
    places = enumerate(FIVE_POINTS, start=len(vertices))
    landmarks = {name: place for place, point in places for name in LANDMARKS[point]}
    shape = np.concatenate([vertices, points]).astype(np.float32)
    colors = np.concatenate([mesh.colors, np.full_like(points, 0.5)]).astype(np.float32)
    flat = np.zeros([1, shape.size], np.float32)
    model = MorphableModel(
        LinearModel(shape, flat), LinearModel(colors, flat), mesh.triangles, landmarks
    )
    model.detector_offsets_mm = dict.fromkeys(FIVE_POINTS, (0.0, 0.0, 0.0))
    return model
