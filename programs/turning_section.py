"""The section of a report that shows photographs beside faces that a reader can turn."""

from evaluation.section import Section
from evaluation.turning_mesh import MeshFigure, TurningMesh
from model.face_regions import face_crop
from model.morphable_model import MorphableModel
from programs.portraits_of import PortraitsOf
from programs.workbench import Workbench
from storage.images import jpeg, to_bytes
from storage.printable import printable

# A page of a few megabytes holds so many faces.
FACES = 6


def turning(bench: Workbench) -> Section:
    """Shows some photographs, evenly spaced in the list, with the face by each method."""
    portraits = PortraitsOf(bench, FACES)
    photographs = portraits.photographs()
    of_methods = [_other_meshes(bench, name, portraits) for name in bench.others]
    of_methods += [_meshes(bench, name, portraits) for name in bench.decoders]
    figures = []
    for place, k in enumerate(portraits.chosen):
        caption = (
            f"The photograph {printable(bench.cache.names[k])} and the face from it, which is "
            "neutral and in a light of its own."
        )
        meshes = tuple(meshes[place] for meshes in of_methods if meshes[place])
        figures.append(MeshFigure(caption, meshes, jpeg(photographs[place])))
    return Section(title="Faces that turn", meshes=figures)


def _meshes(bench: Workbench, decoder: str, portraits: PortraitsOf) -> list[TurningMesh]:
    model = bench.trained.face_model
    faces = bench.faces_of(decoder, portraits.chosen)
    vertices = model.decode_shape(faces.shape).numpy()
    colors = to_bytes(model.decode_texture(faces.texture).numpy())
    posters, face = portraits.faces(decoder)[:, 0], face_crop(model)
    return [
        TurningMesh(
            decoder,
            vertices[k],
            model.triangles,
            colors[k],
            jpeg(posters[k]),
            focus=vertices[k][face],
        )
        for k in range(len(vertices))
    ]


def _other_meshes(
    bench: Workbench, method: str, portraits: PortraitsOf
) -> list[TurningMesh | None]:
    """The meshes of another system; None where it made none."""
    posters = portraits.meshes(method)[:, 0]
    faces = [bench.others[method].faces.get(int(k)) for k in portraits.chosen]
    pairs = zip(faces, posters, strict=True)
    return [face and _other_mesh(method, face, jpeg(poster)) for face, poster in pairs]


def _other_mesh(method: str, face: MorphableModel, poster: bytes) -> TurningMesh:
    vertices, colors = face.mean_vertices, to_bytes(face.mean_colors)
    focus = vertices[face_crop(face)]
    return TurningMesh(method, vertices, face.triangles, colors, poster, focus=focus)
