// Homogeneous edge functions, which decide coverage and visibility.

#ifndef MESH_RENDERER_KERNELS_EDGE_FUNCTIONS_H_
#define MESH_RENDERER_KERNELS_EDGE_FUNCTIONS_H_

#include "clip_triangle.h"

namespace mesh_renderer {

// The inverse of the matrix whose columns are the corners' (x, y, w), without the division by its
// determinant but with its sign (Olano and Greer 1997). Row i depends on the two corners of edge i
// alone, so the triangles on both sides of an edge compute the same numbers up to the sign, bit
// for bit: no cracks. That needs separate multiplications and additions: -ffp-contract=off.
struct EdgeFunctions {
  float row[3][3];

  // Barycentric coordinates over w at a point, times a common positive factor.
  void At(float px, float py, float out[3]) const {
    for (int i = 0; i < 3; ++i) out[i] = row[i][0] * px + row[i][1] * py + row[i][2];
  }
};

// Returns false for triangles without area as seen from the eye, and where float32 overflows.
inline bool ComputeEdgeFunctions(const ClipTriangle& t, EdgeFunctions* edges) {
  for (int i = 0; i < 3; ++i) {
    const ClipVertex& a = t.v[(i + 1) % 3];
    const ClipVertex& b = t.v[(i + 2) % 3];
    edges->row[i][0] = a.y * b.w - b.y * a.w;
    edges->row[i][1] = b.x * a.w - a.x * b.w;
    edges->row[i][2] = a.x * b.y - b.x * a.y;
  }
  const float determinant =
      t.v[0].x * edges->row[0][0] + t.v[1].x * edges->row[1][0] + t.v[2].x * edges->row[2][0];
  if (!std::isfinite(determinant) || determinant == 0.0f) return false;
  if (determinant < 0.0f) {
    for (auto& row : edges->row) {
      for (float& value : row) value = -value;
    }
  }
  return true;
}

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_EDGE_FUNCTIONS_H_
