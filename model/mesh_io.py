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
from storage.images import png

_METERS = 1e-3


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
    """A binary glTF 2.0 file: meters, linear vertex colors (8 bits), a rough non-metallic material.

    Without a material viewers take the surface for metal, which is glTF's default, and draw it
    dark; the specification asks for linear colors and meters, and `trimesh` converts neither.
    """
    material = trimesh.visual.material.PBRMaterial(
        name=name,
        baseColorFactor=[1.0, 1.0, 1.0, 1.0],
        metallicFactor=0.0,
        roughnessFactor=1.0,
    )
    visual = trimesh.visual.TextureVisuals(material=material)
    linear = srgb_to_linear(mesh.colors).numpy()
    visual.vertex_attributes["color"] = _rgba(linear)
    surface = trimesh.Trimesh(
        mesh.vertices * _METERS,
        mesh.triangles,
        vertex_normals=mesh.normals(),
        visual=visual,
        process=False,
    )
    scene = trimesh.Scene()
    scene.add_geometry(surface, node_name=name, geom_name=name)
    return scene.export(file_type="glb", include_normals=True)


def ply(mesh: Mesh) -> bytes:
    """A binary PLY file: millimeters, smooth normals, sRGB vertex colors of 8 bits."""
    surface = trimesh.Trimesh(
        mesh.vertices,
        mesh.triangles,
        vertex_normals=mesh.normals(),
        vertex_colors=_rgba(mesh.colors)[:, :3],
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


def _rgba(colors: np.ndarray) -> np.ndarray:
    """Colors float [N, 3] in 0..1 to opaque uint8 [N, 4]."""
    rgb = np.uint8(np.clip(colors, 0.0, 1.0) * 255 + 0.5)
    return np.concatenate([rgb, np.full_like(rgb[:, :1], 255)], axis=1)
