"""Meshes read back by another program than the one that wrote them."""

import dataclasses
import io

import numpy as np
import pytest
import trimesh
from PIL import Image

import open_parts
from model import mesh_io
from model.face_models.load import load_face_model
from model.sphere_atlas import sphere_atlas
from tests.model.glb_reader import Glb

_BYTE = 1.5 / 255


@pytest.fixture(scope="module")
def model():
    return load_face_model(open_parts.FACE_MODEL)


@pytest.fixture(scope="module")
def mesh(model):
    rng = np.random.default_rng(0)
    vertices = model.decode_shape(rng.normal(size=[1, model.shape_components]).astype(np.float32))
    colors = model.decode_texture(rng.normal(size=[1, model.texture_components]).astype(np.float32))
    return mesh_io.Mesh(vertices[0].numpy(), colors[0].numpy(), model.triangles)


@pytest.fixture(scope="module")
def atlas(model):
    return sphere_atlas(model)


def _to_srgb(linear):
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def test_glb_holds_the_face_in_meters_and_linear_light(mesh):
    file = Glb(mesh_io.glb(mesh, "a_face"))
    np.testing.assert_allclose(file.attribute("POSITION") * 1000, mesh.vertices, atol=1e-3)
    assert "min" in file.tree["accessors"][file.primitive["attributes"]["POSITION"]]
    triangles = file.read(file.primitive["indices"]).reshape(-1, 3)
    np.testing.assert_array_equal(triangles, mesh.triangles)
    np.testing.assert_allclose(file.attribute("NORMAL"), mesh.normals(), atol=1e-5)
    color = file.attribute("COLOR_0")
    assert color.shape == (len(mesh.vertices), 4) and (color[:, 3] == 1).all()
    np.testing.assert_allclose(_to_srgb(color[:, :3]), mesh.colors, atol=0.0005)


def test_glb_keeps_every_level_of_dark_skin(mesh):
    levels = np.zeros_like(mesh.colors)
    levels[:, 0] = np.arange(len(levels)) % 72 / 255
    color = Glb(mesh_io.glb(dataclasses.replace(mesh, colors=levels), "dark")).attribute("COLOR_0")
    assert len(np.unique(color[:, 0])) == 72


def test_glb_of_colors_out_of_range_is_clipped(mesh):
    wild = np.tile(np.float32([-0.5, 0.5, 1.5]), (len(mesh.vertices), 1))
    color = Glb(mesh_io.glb(dataclasses.replace(mesh, colors=wild), "wild")).attribute("COLOR_0")
    np.testing.assert_allclose(_to_srgb(color[0, :3]), [0, 0.5, 1], atol=0.0005)


def test_glb_is_read_by_others(mesh):
    scene = trimesh.load(io.BytesIO(mesh_io.glb(mesh, "a_face")), file_type="glb", process=False)
    (read,) = scene.geometry.values()
    np.testing.assert_allclose(read.vertices * 1000, mesh.vertices, atol=1e-3)
    np.testing.assert_array_equal(read.faces, mesh.triangles)
    np.testing.assert_allclose(read.vertex_normals, mesh.normals(), atol=1e-5)
    color = read.visual.vertex_attributes["color"][:, :3] / 65535
    np.testing.assert_allclose(_to_srgb(color), mesh.colors, atol=0.0005)


def test_glb_is_not_metallic_and_has_normals(mesh):
    file = Glb(mesh_io.glb(mesh, "a_face"))
    (material,) = file.tree["materials"]
    assert material["pbrMetallicRoughness"]["metallicFactor"] == 0.0
    assert material["pbrMetallicRoughness"]["roughnessFactor"] == 1.0
    assert set(file.primitive["attributes"]) == {"POSITION", "NORMAL", "COLOR_0"}
    assert file.primitive["material"] == 0


def test_ply_holds_the_face_in_millimeters_and_srgb(mesh):
    read = trimesh.load(io.BytesIO(mesh_io.ply(mesh)), file_type="ply", process=False)
    np.testing.assert_allclose(read.vertices, mesh.vertices, atol=1e-3)
    np.testing.assert_array_equal(read.faces, mesh.triangles)
    np.testing.assert_allclose(read.visual.vertex_colors[:, :3] / 255, mesh.colors, atol=_BYTE)
    np.testing.assert_allclose(read.vertex_normals, mesh.normals(), atol=1e-4)


def test_obj_names_its_own_material_and_texture(mesh, atlas, tmp_path):
    for name in ("first", "second"):
        files = mesh_io.obj(mesh, atlas, name)
        assert set(files) == {f"{name}.obj", f"{name}.mtl", f"{name}.png"}
        for file, data in files.items():
            (tmp_path / file).write_bytes(data)
    assert "mtllib first.mtl" in (tmp_path / "first.obj").read_text()
    assert "map_Kd first.png" in (tmp_path / "first.mtl").read_text()


def test_obj_holds_the_face_with_its_texture(mesh, atlas, tmp_path):
    files = mesh_io.obj(mesh, atlas, "face")
    for file, data in files.items():
        (tmp_path / file).write_bytes(data)
    lines = (tmp_path / "face.obj").read_text().splitlines()
    positions = np.array([line.split()[1:] for line in lines if line.startswith("v ")], float)
    np.testing.assert_allclose(positions, mesh.vertices, atol=1e-4)

    read = trimesh.load(tmp_path / "face.obj", process=False, maintain_order=True)
    np.testing.assert_allclose(read.triangles, mesh.vertices[mesh.triangles], atol=1e-4)
    texture = np.asarray(read.visual.material.image.convert("RGB"))
    np.testing.assert_array_equal(texture, np.asarray(Image.open(io.BytesIO(files["face.png"]))))
    np.testing.assert_array_equal(read.visual.material.diffuse[:3], [255, 255, 255])
    sampled = read.visual.to_color().vertex_colors[:, :3] / 255
    nearest = np.linalg.norm(sampled[read.faces] - mesh.colors[mesh.triangles], axis=-1)
    # At the edges of brows and eyes colors change within a few texels.
    assert np.mean(nearest < 0.05) > 0.96


def test_normals_point_outwards(mesh):
    from_middle = mesh.vertices - mesh.vertices.mean(axis=0)
    outwards = np.sum(from_middle * mesh.normals(), axis=-1) > 0
    assert np.mean(outwards[:9000]) > 0.7
