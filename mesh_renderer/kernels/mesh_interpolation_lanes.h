// Interpolation of vertex attributes over covered pixels.

#ifndef MESH_RENDERER_KERNELS_MESH_INTERPOLATION_LANES_H_
#define MESH_RENDERER_KERNELS_MESH_INTERPOLATION_LANES_H_

#include "covered_lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

// A pixel's attributes are consecutive, and so are a vertex's: lanes are channels here.
template <typename Body>
inline void ForChannels(int64_t channels, Body body) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) body(c, kLanes);
  if (c < channels) body(c, static_cast<int>(channels - c));
}

// Writes the pixels of the list to out [pixels, channels], from attributes [V, channels].
void InterpolateMesh(const MeshView& mesh, const float* attributes, int64_t channels,
                     const PixelList& list, float* out) {
  for (int64_t first = 0; first < list.count; first += kLanes) {
    const PixelLanes pixel(list, first);
    const BarycentricLanes at(mesh, pixel, list.image);
    const Ints index = pixel.Index(list.image);
    for (int i = 0; i < pixel.count; ++i) {
      const float *a = attributes + channels * at.corner[0][i],
                  *b = attributes + channels * at.corner[1][i],
                  *c = attributes + channels * at.corner[2][i];
      float* value = out + channels * index[i];
      const float wa = at.b[0][i], wb = at.b[1][i], wc = at.b[2][i];
      ForChannels(channels, [&](int64_t k, int n) {
        StorePartial(
            LoadPartial(a + k, n) * wa + LoadPartial(b + k, n) * wb + LoadPartial(c + k, n) * wc, n,
            value + k);
      });
    }
  }
}

// Adds the gradients with respect to vertices [V, 4] and attributes, given that of the pixels.
void InterpolateMeshGradient(const MeshView& mesh, const float* attributes, int64_t channels,
                             const PixelList& list, const float* d_out, float* d_vertices,
                             float* d_attributes) {
  for (int64_t first = 0; first < list.count; first += kLanes) {
    const PixelLanes pixel(list, first);
    const BarycentricLanes at(mesh, pixel, list.image);
    const Ints index = pixel.Index(list.image);
    Floats db[3] = {};
    for (int i = 0; i < pixel.count; ++i) {
      const float* d_value = d_out + channels * index[i];
      for (int j = 0; j < 3; ++j) {
        const int64_t offset = channels * at.corner[j][i];
        const float weight = at.b[j][i];
        Floats products{};
        ForChannels(channels, [&](int64_t k, int n) {
          const Floats d = LoadPartial(d_value + k, n);
          products += d * LoadPartial(attributes + offset + k, n);
          float* d_attribute = d_attributes + offset + k;
          StorePartial(LoadPartial(d_attribute, n) + d * weight, n, d_attribute);
        });
        db[j][i] = SumOfLanes(products);
      }
    }
    AddVertexGradient(at, db, pixel.count, d_vertices);
  }
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_MESH_INTERPOLATION_LANES_H_
