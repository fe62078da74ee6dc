// Antialiasing of silhouettes, which gives them a gradient (after Laine et al. 2020, "Modular
// primitives for high-performance differentiable rendering").

#ifndef MESH_RENDERER_KERNELS_ANTIALIAS_H_
#define MESH_RENDERER_KERNELS_ANTIALIAS_H_

#include <cstdint>
#include <vector>

#include "clip_triangle.h"

namespace mesh_renderer {

// Finds the neighbor across each edge of each triangle, [triangles, 3], where edge i lies opposite
// to corner i. A neighbor is given by its third vertex; kNoNeighbor stands where there is none.
constexpr int32_t kNoNeighbor = -1;
std::vector<int32_t> FindNeighbors(const int32_t* triangles, int64_t triangle_count);

// A place where the silhouette of one pixel's surface passes between its center and that of another
// pixel, so that the color of the one covers a part of the other.
struct SilhouetteCrossing {
  int64_t from, to;  // pixels: `to` takes a share of the color of `from`
  float share;       // 0 to 1/2
  // d share / d (x, y, w) of two vertices.
  int32_t vertices[2];
  float d_share[2][3];
};

// Finds all crossings between neighbors in a row or in a column of one image, in a fixed order. Ids
// are kNoTriangle where a pixel shows none.
std::vector<SilhouetteCrossing> FindCrossings(const MeshView& mesh,
                                              const std::vector<int32_t>& neighbors,
                                              const int32_t* ids, const float* depths,
                                              ImageSize image);

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_ANTIALIAS_H_
