// Sums over pixels of the gradients with respect to the vertices of a shaded mesh.

#ifndef MESH_RENDERER_KERNELS_VERTEX_GRADIENTS_LANES_H_
#define MESH_RENDERER_KERNELS_VERTEX_GRADIENTS_LANES_H_

#include <algorithm>

#include "phong_lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

typedef float VertexSumsVector __attribute__((vector_size(64)));

class VertexGradients {
 public:
  VertexGradients(int64_t vertex_count, const VertexSumsScratch& scratch)
      : vertex_count_(vertex_count), sums_(scratch.sums), is_used_(scratch.is_used) {}

  // Adds the gradients of the first `count` lanes, times the coordinates b, to those of the
  // corners.
  void Add(const Ints corner[3], const Floats b[3], const Surface& d, const Vec3& d_clip,
           int count) {
    VertexSums pixels[kLanes];
    const auto store = [&pixels](int first, Floats x, Floats y, Floats z, Floats w) {
      StoreRows(x, y, z, w, [&](int lane) { return pixels[lane].values + first; });
    };
    store(0, d.normal.x, d.normal.y, d.normal.z, d.position.x);
    store(4, d.position.y, d.position.z, d.diffuse.x, d.diffuse.y);
    store(8, d.diffuse.z, d.specular.x, d.specular.y, d.specular.z);
    store(12, d.shininess, d_clip.x, d_clip.y, d_clip.z);
    const IntArray vertices[3] = {IntArray(corner[0]), IntArray(corner[1]), IntArray(corner[2])};
    const FloatArray weights[3] = {FloatArray(b[0]), FloatArray(b[1]), FloatArray(b[2])};
    for (int i = 0; i < count; ++i) {
      for (int k = 0; k < 3; ++k) {
        const int64_t vertex = vertices[k].lane[i];
        const auto share = Load<VertexSumsVector>(&pixels[i]) * weights[k].lane[i];
        Store(Load<VertexSumsVector>(&sums_[vertex]) + share, &sums_[vertex]);
        is_used_[vertex] = true;
      }
    }
  }

  // Writes the gradients of all vertices, those in clip space to [V, 4], and clears the sums.
  void MoveTo(float* d_vertices, const SurfaceGradient& out, bool has_specular) {
    // A block is small enough to stay in the fastest cache between clearing and moving.
    constexpr int64_t kBlock = 256;
    for (int64_t begin = 0; begin < vertex_count_; begin += kBlock) {
      const int64_t end = std::min(begin + kBlock, vertex_count_);
      std::fill(d_vertices + 4 * begin, d_vertices + 4 * end, 0.0f);
      for (float* d : {out.normals, out.positions, out.diffuse}) Clear(d, 3, begin, end);
      if (has_specular) Clear(out.specular, 3, begin, end), Clear(out.shininess, 1, begin, end);
      for (int64_t v = begin; v < end; ++v) {
        if (is_used_[v]) MoveVertex(v, d_vertices, out, has_specular);
      }
      std::fill(is_used_ + begin, is_used_ + end, false);
    }
  }

 private:
  static void Clear(float* d, int width, int64_t begin, int64_t end) {
    std::fill(d + width * begin, d + width * end, 0.0f);
  }

  void MoveVertex(int64_t v, float* d_vertices, const SurfaceGradient& out, bool has_specular) {
    const float* sums = sums_[v].values;
    std::memcpy(out.normals + 3 * v, sums, 12);
    std::memcpy(out.positions + 3 * v, sums + 3, 12);
    std::memcpy(out.diffuse + 3 * v, sums + 6, 12);
    if (has_specular) {
      std::memcpy(out.specular + 3 * v, sums + 9, 12);
      out.shininess[v] = sums[12];
    }
    std::memcpy(d_vertices + 4 * v, sums + 13, 8);
    d_vertices[4 * v + 3] = sums[15];
    sums_[v] = VertexSums{};
  }

  const int64_t vertex_count_;
  VertexSums* const sums_;
  bool* const is_used_;
};

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_VERTEX_GRADIENTS_LANES_H_
