"""A folder of ICT-FaceKit's files, made of the embedded model, which was made of that kit."""

import json

import numpy as np

import open_parts
from model.face_model_contents import Cut
from model.face_models.load import read_face_model

N_VERTICES = 26719
MODES = 3


def write_obj(path, vertices, triangles):
    lines = ["# comment", *("v {:.7g} {:.7g} {:.7g}".format(*v) for v in vertices)]
    lines += ["usemtl skin", *("f {}/1/1 {}/2/1 {}/3/1".format(*(t + 1)) for t in triangles)]
    path.write_text("\n".join(lines) + "\n")


def write_fake_kit(folder, factor=1.0):
    """Writes the kit with the embedded model's first modes; vertices that it lacks lie at 0.

    The unit is the kit's, centimeters, times a factor.
    """
    model = read_face_model(open_parts.FACE_MODEL, Cut(MODES, 1, 2))
    folder.mkdir(parents=True)
    rows = model.source_index

    def whole(part):
        vertices = np.zeros((N_VERTICES, 3))
        vertices[rows] = part / 10 * factor
        return vertices

    neutral = whole(model.shape.mean)
    triangles = rows[model.triangles]
    write_obj(folder / "generic_neutral_mesh.obj", neutral, triangles)
    # An expression's file has the weight 1; the kit's reader assumes weights of deviation 0.3.
    for name, part, weight in (
        ("identity{:03d}", model.shape, 1.0),
        ("expression{}", model.expression, 1 / 0.3),
    ):
        for k, mode in enumerate(np.moveaxis(part.modes(), -1, 0)):
            write_obj(folder / f"{name.format(k)}.obj", neutral + whole(weight * mode), triangles)
    points = rows[model.landmarks_68].tolist()
    (folder / "vertex_indices.json").write_text(json.dumps({"idx_to_landmark_verts": points}))
    return folder
