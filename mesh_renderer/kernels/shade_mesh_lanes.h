// Phong shading of a mesh: vertex attributes are interpolated and lit in one go.

#ifndef MESH_RENDERER_KERNELS_SHADE_MESH_LANES_H_
#define MESH_RENDERER_KERNELS_SHADE_MESH_LANES_H_

#include "covered_lanes.h"
#include "phong_lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

// A vector attribute of the three corners.
struct CornerVec3 {
  Vec3 corner[3];

  CornerVec3(const float* attribute, const BarycentricLanes& at) {
    for (int k = 0; k < 3; ++k) corner[k] = GatherVec3(attribute, 3 * at.corner[k]);
  }
  Vec3 Interpolate(const BarycentricLanes& at) const {
    return corner[0] * at.b[0] + corner[1] * at.b[1] + corner[2] * at.b[2];
  }
  // Adds the gradient of an interpolated value to those of the vertices and of the barycentrics.
  void AddGradient(const BarycentricLanes& at, const Vec3& d, int count, float* d_attribute,
                   Floats db[3]) const {
    for (int k = 0; k < 3; ++k) {
      db[k] += Dot(corner[k], d);
      const FloatArray x(d.x * at.b[k]), y(d.y * at.b[k]), z(d.z * at.b[k]);
      const IntArray vertex(at.corner[k]);
      for (int i = 0; i < count; ++i) {
        float* d_vertex = d_attribute + 3 * static_cast<int64_t>(vertex.lane[i]);
        d_vertex[0] += x.lane[i];
        d_vertex[1] += y.lane[i];
        d_vertex[2] += z.lane[i];
      }
    }
  }
};

inline Floats InterpolateFloat(const float* attribute, const BarycentricLanes& at) {
  Floats out{};
  for (int k = 0; k < 3; ++k) out += Gather(attribute, at.corner[k]) * at.b[k];
  return out;
}

inline void AddFloatGradient(const float* attribute, const BarycentricLanes& at, Floats d,
                             int count, float* d_attribute, Floats db[3]) {
  for (int k = 0; k < 3; ++k) {
    db[k] += Gather(attribute, at.corner[k]) * d;
    const FloatArray share(d * at.b[k]);
    const IntArray vertex(at.corner[k]);
    for (int i = 0; i < count; ++i) d_attribute[vertex.lane[i]] += share.lane[i];
  }
}

// Writes RGB of the pixels of the list to rgba [pixels, 4], whose row 0 is the top.
void ShadeMesh(const MeshView& mesh, const SurfaceAttributes& attributes, const Lighting& lighting,
               const PixelList& list, float* rgba) {
  for (int64_t first = 0; first < list.count; first += kLanes) {
    const PixelLanes pixel(list, first);
    const BarycentricLanes at(mesh, pixel, list.image);
    Surface s{Direction(CornerVec3(attributes.normals, at).Interpolate(at)).unit,
              CornerVec3(attributes.positions, at).Interpolate(at),
              CornerVec3(attributes.diffuse, at).Interpolate(at), Vec3{}, Floats{}};
    if (lighting.camera != nullptr) {
      s.specular = CornerVec3(attributes.specular, at).Interpolate(at);
      s.shininess = InterpolateFloat(attributes.shininess, at);
    }
    ScatterVec3(Shade(lighting, s), 4 * pixel.FlippedIndex(list.image), pixel.count, rgba);
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
    const CornerVec3 normals(attributes.normals, at), positions(attributes.positions, at);
    const CornerVec3 diffuse(attributes.diffuse, at);
    // Without specular light it is not read: any attribute may stand for it.
    const CornerVec3 specular(has_specular ? attributes.specular : attributes.diffuse, at);
    const Direction normal(normals.Interpolate(at));
    Surface s{normal.unit, positions.Interpolate(at), diffuse.Interpolate(at),
              specular.Interpolate(at), Floats{}};
    if (has_specular) s.shininess = InterpolateFloat(attributes.shininess, at);
    const Vec3 d_color = pixel.KeepInUse(GatherVec3(d_rgba, 4 * pixel.FlippedIndex(list.image)));
    Surface d{};
    ShadeGradient(lighting, s, d_color, &d, sums);
    Floats db[3] = {};
    normals.AddGradient(at, normal.Gradient(d.normal), pixel.count, out.normals, db);
    positions.AddGradient(at, d.position, pixel.count, out.positions, db);
    diffuse.AddGradient(at, d.diffuse, pixel.count, out.diffuse, db);
    if (has_specular) {
      specular.AddGradient(at, d.specular, pixel.count, out.specular, db);
      AddFloatGradient(attributes.shininess, at, d.shininess, pixel.count, out.shininess, db);
    }
    AddVertexGradient(at, db, pixel.count, d_vertices);
  }
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_SHADE_MESH_LANES_H_
