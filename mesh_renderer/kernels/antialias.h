// Antialiasing of silhouettes, which gives them a gradient (after Laine et al. 2020, "Modular
// primitives for high-performance differentiable rendering").

#ifndef MESH_RENDERER_KERNELS_ANTIALIAS_H_
#define MESH_RENDERER_KERNELS_ANTIALIAS_H_

#include <cstdint>
#include <vector>

#include "clip_triangle.h"

namespace mesh_renderer {

// For each edge of each triangle, [triangles, 3] with edge i opposite to corner i: the vertex
// across it in the neighboring triangle, or kNoNeighbor.
constexpr int32_t kNoNeighbor = -1;
std::vector<int32_t> FindNeighbors(const int32_t* triangles, int64_t triangle_count);

// Where the silhouette of one pixel's surface passes between its center and that of another pixel,
// so that the color of the one covers a part of the other.
struct SilhouetteCrossing {
  int64_t from, to;  // pixels: `to` takes a share of the color of `from`
  float share;       // 0 to 1/2
  // d share / d (x, y, w) of two vertices.
  int32_t vertices[2];
  float d_share[2][3];
};

// All crossings between neighbors in a row or in a column of one image, in a fixed order, given ids
// (kNoTriangle where none) and depths.
std::vector<SilhouetteCrossing> FindCrossings(const MeshView& mesh,
                                              const std::vector<int32_t>& neighbors,
                                              const int32_t* ids, const float* depths,
                                              ImageSize image);

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_ANTIALIAS_H_
