// Phong shading of a mesh: vertex attributes are interpolated and lit in one go.

#ifndef MESH_RENDERER_KERNELS_SHADE_MESH_LANES_H_
#define MESH_RENDERER_KERNELS_SHADE_MESH_LANES_H_

#include "covered_lanes.h"
#include "phong_lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

inline Vec3 InterpolateVec3(const float* attribute, const BarycentricLanes& at) {
  Vec3 out{};
  for (int i = 0; i < 3; ++i) out += GatherVec3(attribute, 3 * at.corner[i]) * at.b[i];
  return out;
}

// A surface from attributes of vertices, its normal as interpolated: not of unit length.
inline Surface InterpolateSurface(const SurfaceAttributes& mesh, const BarycentricLanes& at,
                                  bool has_specular) {
  Surface s{InterpolateVec3(mesh.normals, at), InterpolateVec3(mesh.positions, at),
            InterpolateVec3(mesh.diffuse, at), Vec3{}, Floats{}};
  if (!has_specular) return s;
  s.specular = InterpolateVec3(mesh.specular, at);
  for (int i = 0; i < 3; ++i) s.shininess += Gather(mesh.shininess, at.corner[i]) * at.b[i];
  return s;
}

// Writes RGB of the pixels of the list to rgba [pixels, 4], whose row 0 is the top.
void ShadeMesh(const MeshView& mesh, const SurfaceAttributes& attributes, const Lighting& lighting,
               const PixelList& list, float* rgba) {
  for (int64_t first = 0; first < list.count; first += kLanes) {
    const PixelLanes pixel(list, first);
    const BarycentricLanes at(mesh, pixel, list.image);
    Surface s = InterpolateSurface(attributes, at, lighting.camera != nullptr);
    s.normal = Direction(s.normal).unit;
    ScatterVec3(Shade(lighting, s), 4 * pixel.FlippedIndex(list.image), pixel.count, rgba);
  }
}

// Adds an attribute's gradient d to that of its vertices, and to that of the barycentrics.
inline void AddVec3Gradient(const float* attribute, const BarycentricLanes& at, const Vec3& d,
                            int count, float* d_attribute, Floats db[3]) {
  for (int k = 0; k < 3; ++k) {
    db[k] += Dot(GatherVec3(attribute, 3 * at.corner[k]), d);
    const Vec3 share = d * at.b[k];
    for (int i = 0; i < count; ++i) {
      float* d_vertex = d_attribute + 3 * static_cast<int64_t>(at.corner[k][i]);
      d_vertex[0] += share.x[i];
      d_vertex[1] += share.y[i];
      d_vertex[2] += share.z[i];
    }
  }
}

inline void AddFloatGradient(const float* attribute, const BarycentricLanes& at, Floats d,
                             int count, float* d_attribute, Floats db[3]) {
  for (int k = 0; k < 3; ++k) {
    db[k] += Gather(attribute, at.corner[k]) * d;
    for (int i = 0; i < count; ++i) d_attribute[at.corner[k][i]] += at.b[k][i] * d[i];
  }
}

// Adds the gradients with respect to clip-space vertices [V, 4] and attributes, and those of lights
// and camera to the lanes of sums [LightingSumCount, kMaxLanes].
void ShadeMeshGradient(const MeshView& mesh, const SurfaceAttributes& attributes,
                       const Lighting& lighting, const PixelList& list, const float* d_rgba,
                       float* d_vertices, const SurfaceGradient& out, float* lane_sums) {
  const bool has_specular = lighting.camera != nullptr;
  const LightingSums sums{lane_sums, lighting.light_count};
  for (int64_t first = 0; first < list.count; first += kLanes) {
    const PixelLanes pixel(list, first);
    const BarycentricLanes at(mesh, pixel, list.image);
    Surface s = InterpolateSurface(attributes, at, has_specular);
    const Direction normal(s.normal);
    s.normal = normal.unit;
    const Vec3 d_color = pixel.KeepInUse(GatherVec3(d_rgba, 4 * pixel.FlippedIndex(list.image)));
    Surface d{};
    ShadeGradient(lighting, s, d_color, &d, sums);
    Floats db[3] = {};
    AddVec3Gradient(attributes.normals, at, normal.Gradient(d.normal), pixel.count, out.normals,
                    db);
    AddVec3Gradient(attributes.positions, at, d.position, pixel.count, out.positions, db);
    AddVec3Gradient(attributes.diffuse, at, d.diffuse, pixel.count, out.diffuse, db);
    if (has_specular) {
      AddVec3Gradient(attributes.specular, at, d.specular, pixel.count, out.specular, db);
      AddFloatGradient(attributes.shininess, at, d.shininess, pixel.count, out.shininess, db);
    }
    AddVertexGradient(at, db, pixel.count, d_vertices);
  }
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_SHADE_MESH_LANES_H_
