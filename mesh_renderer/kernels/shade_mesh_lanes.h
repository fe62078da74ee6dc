// Phong shading of a mesh. Vertex attributes are interpolated and lit in one pass.

#ifndef MESH_RENDERER_KERNELS_SHADE_MESH_LANES_H_
#define MESH_RENDERER_KERNELS_SHADE_MESH_LANES_H_

#include "covered_lanes.h"
#include "phong_lanes.h"
#include "vertex_gradients_lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

// The values of a vector attribute at the three corners.
struct CornerVec3 {
  Vec3 corner[3];

  CornerVec3(const float* attribute, const BarycentricLanes& at) {
    for (int k = 0; k < 3; ++k) corner[k] = GatherVec3(attribute, 3 * at.corner[k]);
  }
  Vec3 Interpolate(const BarycentricLanes& at) const {
    return corner[0] * at.b[0] + corner[1] * at.b[1] + corner[2] * at.b[2];
  }
  // Adds the gradient with respect to the barycentric coordinates, given that of the value.
  void AddGradient(const Vec3& d, Floats db[3]) const {
    for (int k = 0; k < 3; ++k) db[k] += Dot(corner[k], d);
  }
};

inline Floats InterpolateFloat(const float* attribute, const BarycentricLanes& at) {
  Floats out{};
  for (int k = 0; k < 3; ++k) out += Gather(attribute, at.corner[k]) * at.b[k];
  return out;
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

// Writes the gradients with respect to clip-space vertices [V, 4] and attributes, and adds those of
// lights and camera to the lanes of sums [LightingSumCount, kMaxLanes].
void ShadeMeshGradient(const MeshView& mesh, const SurfaceAttributes& attributes,
                       const Lighting& lighting, const PixelList& list, const float* d_rgba,
                       float* d_vertices, const SurfaceGradient& out,
                       const VertexSumsScratch& scratch, float* lane_sums) {
  const bool has_specular = lighting.camera != nullptr;
  const LightingSums sums{lane_sums, lighting.light_count};
  VertexGradients gradients(mesh.vertex_count, scratch);
  for (int64_t first = 0; first < list.count; first += kLanes) {
    const PixelLanes pixel(list, first);
    const BarycentricLanes at(mesh, pixel, list.image);
    const CornerVec3 normals(attributes.normals, at), positions(attributes.positions, at);
    const CornerVec3 diffuse(attributes.diffuse, at);
    // Without specular light this attribute does not matter, and any may stand in for it.
    const CornerVec3 specular(has_specular ? attributes.specular : attributes.diffuse, at);
    const Direction normal(normals.Interpolate(at));
    Surface s{normal.unit, positions.Interpolate(at), diffuse.Interpolate(at),
              specular.Interpolate(at), Floats{}};
    if (has_specular) s.shininess = InterpolateFloat(attributes.shininess, at);
    const Vec3 d_color = pixel.KeepInUse(GatherVec3(d_rgba, 4 * pixel.FlippedIndex(list.image)));
    Surface d{};
    ShadeGradient(lighting, s, d_color, &d, sums);
    d.normal = normal.Gradient(d.normal);
    Floats db[3] = {};
    normals.AddGradient(d.normal, db);
    positions.AddGradient(d.position, db);
    diffuse.AddGradient(d.diffuse, db);
    if (has_specular) {
      specular.AddGradient(d.specular, db);
      for (int k = 0; k < 3; ++k) {
        db[k] += Gather(attributes.shininess, at.corner[k]) * d.shininess;
      }
    }
    gradients.Add(at.corner, at.b, d, Vec3{} - at.Gradient(db), pixel.count);
  }
  gradients.MoveTo(d_vertices, out, has_specular);
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_SHADE_MESH_LANES_H_
