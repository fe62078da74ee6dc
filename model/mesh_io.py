"""Faces as mesh files: GLB, OBJ and PLY, as bytes.

Each format has its own conventions. glTF fixes meters and linear colors. OBJ and PLY fix neither,
and their readers expect colors as they are displayed: both stay in millimeters and sRGB.
"""

import dataclasses
import io

import numpy as np
import trimesh

from mesh_renderer.vertex_normals import vertex_normals
from model.color import srgb_to_linear
from model.texture_atlas import TextureAtlas
from storage.images import png, to_bytes

_METERS = 1e-3
# Names of attributes that glTF does not know begin with an underscore.
_COLORS = "_RGBA"


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
        """Smooth normals float32 [N, 3]."""
        return vertex_normals(self.vertices[None], self.triangles)[0].numpy()


def glb(mesh: Mesh, name: str) -> bytes:
    """A binary glTF 2.0 file: meters, linear vertex colors, a rough non-metallic material.

    The colors have 16 bits: linear light of 8 bits has no more than 19 levels for the 72 darkest of
    sRGB, and dark skin gets bands. The specification asks for linear colors and meters, and
    `trimesh` converts neither. Without a material viewers take the surface for metal, which is
    glTF's default, and draw it dark.
    """
    material = trimesh.visual.material.PBRMaterial(
        name=name,
        baseColorFactor=[1.0, 1.0, 1.0, 1.0],
        metallicFactor=0.0,
        roughnessFactor=1.0,
    )
    linear = np.clip(srgb_to_linear(mesh.colors).numpy(), 0.0, 1.0)
    rgb = np.uint16(linear * 65535 + 0.5)
    surface = trimesh.Trimesh(
        mesh.vertices * _METERS,
        mesh.triangles,
        vertex_normals=mesh.normals(),
        vertex_attributes={_COLORS: np.pad(rgb, ((0, 0), (0, 1)), constant_values=65535)},
        visual=trimesh.visual.TextureVisuals(material=material),
        process=False,
    )
    scene = trimesh.Scene()
    scene.add_geometry(surface, node_name=name, geom_name=name)
    return scene.export(file_type="glb", include_normals=True, tree_postprocessor=_declare_colors)


def _declare_colors(tree: dict) -> None:
    """Turns our attribute into the colors of the mesh, in place.

    Colors that `trimesh` takes for colors it writes with 8 bits, but attributes as they are.
    """
    attributes = tree["meshes"][0]["primitives"][0]["attributes"]
    attributes["COLOR_0"] = attributes.pop(_COLORS)
    tree["accessors"][attributes["COLOR_0"]]["normalized"] = True


def ply(mesh: Mesh) -> bytes:
    """A binary PLY file: millimeters, smooth normals, sRGB vertex colors of 8 bits."""
    surface = trimesh.Trimesh(
        mesh.vertices,
        mesh.triangles,
        vertex_normals=mesh.normals(),
        vertex_colors=to_bytes(mesh.colors),
        process=False,
    )
    return surface.export(file_type="ply", vertex_normal=True)


def obj(mesh: Mesh, atlas: TextureAtlas, name: str) -> dict[str, bytes]:
    """An OBJ file with its material and texture: `<name>.obj`, `<name>.mtl`, `<name>.png`.

    Written here and not by `trimesh`, which would split the vertices along the seams of the
    texture: so vertex i stays vertex i of the face model. Millimeters.

    Args:
      mesh: the face.
      atlas: the texture's layout for this topology.
      name: without white space, since readers take the first word for the file's name.
    """
    text = io.StringIO()
    text.write(f"# millimeters; +y up, +z out of the face\nmtllib {name}.mtl\no {name}\n")
    np.savetxt(text, mesh.vertices, fmt="v %.5f %.5f %.5f")
    np.savetxt(text, atlas.uv, fmt="vt %.6f %.6f")
    np.savetxt(text, mesh.normals(), fmt="vn %.4f %.4f %.4f")
    text.write(f"usemtl {name}\ns 1\n")
    v, vt = mesh.triangles + 1, atlas.triangles + 1
    corners = np.stack([v, vt, v], axis=-1).reshape(len(v), 9)
    np.savetxt(text, corners, fmt="f %d/%d/%d %d/%d/%d %d/%d/%d")
    # Readers differ in their default of Kd; white leaves the texture as it is.
    mtl = f"newmtl {name}\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 1\nd 1\nmap_Kd {name}.png\n"
    return {
        f"{name}.obj": text.getvalue().encode(),
        f"{name}.mtl": mtl.encode(),
        f"{name}.png": png(atlas.bake(mesh.colors)),
    }
