"""The section of a report that shows photographs beside faces that a reader can turn."""

import numpy as np

from data_pipeline.photographs import read_image
from evaluation.section import Section
from evaluation.turning_mesh import MeshFigure, TurningMesh
from model.decoder import Coefficients
from model.rendered_views import Portraits
from programs.workbench import Workbench
from storage.images import jpeg, to_bytes
from storage.printable import printable

# A page of a few megabytes holds so many faces.
FACES = 6
_PIXELS = 240


def turning(bench: Workbench) -> Section:
    """Shows some photographs, evenly spaced in the list, with the face of each decoder."""
    cache, model = bench.cache, bench.trained.face_model
    chosen = np.unique(np.linspace(0, len(cache) - 1, FACES).round().astype(int))
    portraits = Portraits(model, bench.trained.encoder.crop, _PIXELS, (0,))
    folder = bench.options.photographs.folder
    photographs = [
        portraits.photograph(read_image(folder / cache.names[k]), cache.points[k]) for k in chosen
    ]
    meshes = {name: _meshes(bench, name, chosen, portraits) for name in bench.decoders}
    figures = [
        MeshFigure(
            f"The photograph {printable(cache.names[k])} and the face from it. Faces are neutral, "
            "in the light of the page and not in that of the photograph.",
            tuple(of_decoder[place] for of_decoder in meshes.values()),
            jpeg(photographs[place]),
        )
        for place, k in enumerate(chosen)
    ]
    return Section(title="Faces that turn", meshes=figures)


def _meshes(
    bench: Workbench, decoder: str, chosen: np.ndarray, portraits: Portraits
) -> list[TurningMesh]:
    model = bench.trained.face_model
    faces = Coefficients(*(part.numpy()[chosen] for part in bench.faces[decoder]))
    vertices = model.decode_shape(faces.shape).numpy()
    colors = to_bytes(model.decode_texture(faces.texture).numpy())
    posters = portraits.renders(faces)[:, 0]
    return [
        TurningMesh(decoder, vertices[k], model.triangles, colors[k], jpeg(posters[k]))
        for k in range(len(chosen))
    ]
