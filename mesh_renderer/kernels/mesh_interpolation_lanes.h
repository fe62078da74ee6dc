// Interpolation of vertex attributes over covered pixels.

#ifndef MESH_RENDERER_KERNELS_MESH_INTERPOLATION_LANES_H_
#define MESH_RENDERER_KERNELS_MESH_INTERPOLATION_LANES_H_

#include "covered_lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

// Runs body(first channel, number) over vectors of channels. The attributes of a pixel are
// consecutive, and so are those of a vertex: here lanes are channels.
template <typename Body>
inline void ForChannels(int64_t channels, Body body) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) body(c, kLanes);
  if (c < channels) body(c, static_cast<int>(channels - c));
}

// Runs body(first channel, a value of the block's type) over whole vectors, and past them over
// blocks of 8, 4 and 1: what is read soon after it was written comes back fast only if it is read
// in the same blocks, and never from under a mask.
template <typename Body>
inline void ForChannelBlocks(int64_t channels, Body body) {
  typedef float Eight __attribute__((vector_size(32)));
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) body(c, Floats{});
  if (kLanes > 8 && c + 8 <= channels) body(c, Eight{}), c += 8;
  if (kLanes > 4 && c + 4 <= channels) body(c, FloatRow{}), c += 4;
  for (; c < channels; ++c) body(c, 0.0f);
}

// Corners and barycentric coordinates in memory, where they can be read pixel by pixel.
struct CornersInMemory {
  IntArray corner[3];
  FloatArray weight[3];
  int64_t channels;

  CornersInMemory(const BarycentricLanes& at, int64_t channel_count) : channels(channel_count) {
    for (int k = 0; k < 3; ++k) corner[k] = IntArray(at.corner[k]);
    for (int k = 0; k < 3; ++k) weight[k] = FloatArray(at.b[k]);
  }
  // Tells where the attributes of corner k of a pixel begin.
  int64_t Offset(int k, int pixel) const { return channels * corner[k].lane[pixel]; }
};

// Writes the pixels of the list to out [pixels, channels], from attributes [V, channels].
void InterpolateMesh(const MeshView& mesh, const float* attributes, int64_t channels,
                     const PixelList& list, float* out) {
  for (int64_t first = 0; first < list.count; first += kLanes) {
    const PixelLanes pixel(list, first);
    const BarycentricLanes at(mesh, pixel, list.image);
    const CornersInMemory corners(at, channels);
    const IntArray index(pixel.Index(list.image));
    for (int i = 0; i < pixel.count; ++i) {
      const float* a = attributes + corners.Offset(0, i);
      const float* b = attributes + corners.Offset(1, i);
      const float* c = attributes + corners.Offset(2, i);
      float* value = out + channels * index.lane[i];
      const float wa = corners.weight[0].lane[i], wb = corners.weight[1].lane[i];
      const float wc = corners.weight[2].lane[i];
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
    const CornersInMemory corners(at, channels);
    const IntArray index(pixel.Index(list.image));
    alignas(4 * kLanes) float db_rows[kLanes][4] = {};
    for (int i = 0; i < pixel.count; ++i) {
      const float* d_value = d_out + channels * index.lane[i];
      const int64_t offset[3] = {corners.Offset(0, i), corners.Offset(1, i), corners.Offset(2, i)};
      Floats products[4] = {};
      ForChannels(channels, [&](int64_t k, int n) {
        const Floats d = LoadPartial(d_value + k, n);
        for (int j = 0; j < 3; ++j) products[j] += d * LoadPartial(attributes + offset[j] + k, n);
      });
      Store(SumsOfLanes(products), db_rows[i]);
      ForChannelBlocks(channels, [&](int64_t k, auto block) {
        typedef decltype(block) Block;
        for (int j = 0; j < 3; ++j) {
          float* d_attribute = d_attributes + offset[j] + k;
          const Block share = Load<Block>(d_value + k) * corners.weight[j].lane[i];
          Store(Load<Block>(d_attribute) + share, d_attribute);
        }
      });
    }
    Floats sums[4];
    GatherRows([&](int lane) { return db_rows[lane]; }, sums);
    AddVertexGradient(at, sums, pixel.count, d_vertices);
  }
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_MESH_INTERPOLATION_LANES_H_
