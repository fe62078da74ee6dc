"""Faces as mesh files: GLB, OBJ and PLY, as bytes.

Each format has its own conventions. glTF fixes meters and linear colors. OBJ and PLY fix neither,
and their readers expect colors as they are displayed: both stay in millimeters and sRGB.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pygltflib
import trimesh

from mesh_renderer.vertex_normals import vertex_normals
from model.color import srgb_to_linear
from model.glb import GlbFile
from model.texture_atlas import TextureAtlas
from storage.images import png, to_bytes

METERS = 1e-3
_ROUGHNESS = 1.0


@dataclasses.dataclass(frozen=True)
class Mesh:
    """A colored surface.

    Attributes:
      vertices: float32 [N, 3] mm; +y up, +z out of the face, as glTF wants it too.
      colors: float32 [N, 3], sRGB-encoded RGB in 0..1.
      triangles: int32 [T, 3], counter-clockwise seen from outside.
    """

    vertices: np.ndarray
    colors: np.ndarray
    triangles: np.ndarray

    def normals(self) -> np.ndarray:
        """Returns smooth unit normals, float32 [N, 3]."""
        return vertex_normals(self.vertices[None], self.triangles)[0].numpy()


@dataclasses.dataclass(frozen=True)
class Morph:
    """What a mesh does at the strength 1 of an expression; what is not named stays as it is.

    Attributes:
      name: of the expression.
      moved: int [n], vertices in rising order, at least one; by moves_mm: float32 [n, 3].
      turned: int [m], vertices in rising order; by turns: float32 [m, 3], added to their normals.
    """

    name: str
    moved: np.ndarray
    moves_mm: np.ndarray
    turned: np.ndarray
    turns: np.ndarray


def linear_colors(colors: np.ndarray) -> np.ndarray:
    """Encodes sRGB colors float [N, 3] in 0..1 as glTF stores them: linear RGBA uint16 [N, 4].

    Linear light of 8 bits has no more than 19 levels for the 72 darkest of sRGB, and dark skin gets
    bands.
    """
    linear = np.clip(srgb_to_linear(colors).numpy(), 0.0, 1.0)
    return np.pad(np.uint16(linear * 65535 + 0.5), ((0, 0), (0, 1)), constant_values=65535)


def glb(
    mesh: Mesh,
    name: str,
    morphs: Sequence[Morph] = (),
    weights: Sequence[float] | None = None,
    atlas: TextureAtlas | None = None,
) -> bytes:
    """Makes a binary glTF 2.0 file: meters, a rough non-metallic material, colors of vertices.

    Without a material viewers take the surface for metal, which is glTF's default, and draw it
    dark.

    Args:
      mesh: the surface.
      name: of its node, mesh and material.
      morphs: expressions, which become morph targets. Their names stand in `extras.targetNames` of
        the mesh, where Blender, three.js and Unity look for them.
      weights: the strengths of the expressions in which the file shows the face at first; 0 for
        each of them if nothing is given.
      atlas: the layout of a texture for the mesh, which then takes the place of the colors of
        vertices. Vertices on its seams are in the file once for each side.
    """
    file = GlbFile()
    seams = atlas.seams if atlas else None
    own = slice(None) if seams is None else seams.vertices
    attributes = pygltflib.Attributes(
        POSITION=file.attribute(np.float32(mesh.vertices * METERS)[own], bounds=True),
        NORMAL=file.attribute(mesh.normals()[own]),
    )
    material = pygltflib.PbrMetallicRoughness(metallicFactor=0.0, roughnessFactor=_ROUGHNESS)
    if atlas is None:
        attributes.COLOR_0 = file.attribute(linear_colors(mesh.colors), normalized=True)
    else:
        uv = atlas.uv[seams.coordinates] * [1, -1] + [0, 1]
        attributes.TEXCOORD_0 = file.attribute(np.float32(uv))
        texture = file.texture(png(atlas.bake(mesh.colors)))
        material.baseColorTexture = pygltflib.TextureInfo(index=texture)
        morphs = [_along_seams(morph, own) for morph in morphs]
    vertices = len(mesh.vertices[own])
    primitive = pygltflib.Primitive(
        attributes=attributes,
        indices=file.indices(mesh.triangles if seams is None else seams.triangles),
        material=0,
        targets=[_target(file, morph, vertices) for morph in morphs],
    )
    tree = file.tree
    # A head is open below and at the lips, where one would look through it.
    tree.materials = [
        pygltflib.Material(name=name, pbrMetallicRoughness=material, doubleSided=True)
    ]
    tree.meshes = [
        pygltflib.Mesh(
            name=name,
            primitives=[primitive],
            weights=list(weights) if weights is not None else [0.0] * len(morphs),
            extras={"targetNames": [morph.name for morph in morphs]} if morphs else {},
        )
    ]
    tree.nodes = [pygltflib.Node(name=name, mesh=0)]
    tree.scenes, tree.scene = [pygltflib.Scene(nodes=[0])], 0
    return file.to_bytes()


def _along_seams(morph: Morph, vertices: np.ndarray) -> Morph:
    """The same morph for a mesh whose vertices are those of another, some of them repeated."""

    def repeated(rows, values):
        place = np.full(vertices.max() + 1, -1)
        place[rows] = np.arange(len(rows))
        found = np.flatnonzero(place[vertices] >= 0)
        return found, values[place[vertices[found]]]

    moved, moves_mm = repeated(morph.moved, morph.moves_mm)
    return Morph(morph.name, moved, moves_mm, *repeated(morph.turned, morph.turns))


def _target(file: GlbFile, morph: Morph, vertices: int) -> dict[str, int]:
    """Adds a morph target; returns the accessors of its attributes."""
    moves = np.float32(morph.moves_mm * METERS)
    accessors = {"POSITION": file.sparse(morph.moved, moves, vertices, bounds=True)}
    if len(morph.turned):
        accessors["NORMAL"] = file.sparse(morph.turned, np.float32(morph.turns), vertices)
    return accessors


def ply(mesh: Mesh) -> bytes:
    """Makes a binary PLY file: millimeters, smooth normals, sRGB vertex colors of 8 bits."""
    surface = trimesh.Trimesh(
        mesh.vertices,
        mesh.triangles,
        vertex_normals=mesh.normals(),
        vertex_colors=to_bytes(mesh.colors),
        process=False,
    )
    return surface.export(file_type="ply", vertex_normal=True)


def obj(mesh: Mesh, atlas: TextureAtlas, name: str) -> dict[str, bytes]:
    """Makes an OBJ file in millimeters with its material and texture.

    It is not made by `trimesh`, which would split the vertices along the seams of the texture:
    vertex i stays vertex i of the face model.

    Args:
      mesh: the face.
      atlas: the texture's layout for this topology; triangles that it has beyond those of the face
        are left out.
      name: a name without white space, since readers take the first word for the file's name.

    Returns:
      The bytes of `<name>.obj`, `<name>.mtl` and `<name>.png`, by these names.
    """
    v, vt = mesh.triangles + 1, atlas.triangles[: len(mesh.triangles)] + 1
    # Those of the triangles beyond come last.
    uv = atlas.uv[: vt.max()]
    text = "".join(
        [
            f"# millimeters; +y up, +z out of the face\nmtllib {name}.mtl\no {name}\n",
            _lines("v %.5f %.5f %.5f\n", mesh.vertices),
            _lines("vt %.6f %.6f\n", uv),
            _lines("vn %.4f %.4f %.4f\n", mesh.normals()),
            f"usemtl {name}\ns 1\n",
            _lines("f %d/%d/%d %d/%d/%d %d/%d/%d\n", np.stack([v, vt, v], axis=-1)),
        ]
    )
    # Readers differ in their default of Kd; white leaves the texture as it is.
    mtl = f"newmtl {name}\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 1\nd 1\nmap_Kd {name}.png\n"
    return {
        f"{name}.obj": text.encode(),
        f"{name}.mtl": mtl.encode(),
        f"{name}.png": png(atlas.bake(mesh.colors)),
    }


def _lines(line: str, rows: np.ndarray) -> str:
    """Formats each row of an array: one long format is much faster than one for each."""
    return (line * len(rows)) % tuple(rows.ravel().tolist())
