// Homogeneous edge functions, which decide coverage and visibility: a lane for each triangle.

#ifndef MESH_RENDERER_KERNELS_EDGE_FUNCTIONS_LANES_H_
#define MESH_RENDERER_KERNELS_EDGE_FUNCTIONS_LANES_H_

#include <cfloat>

#include "lanes.h"
#include "visibility.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

// The corners of triangles in clip space.
struct CornerLanes {
  Floats x[3], y[3], z[3], w[3];

  CornerLanes(const MeshView& mesh, const int32_t triangle[kLanes]) {
    for (int i = 0; i < 3; ++i) {
      Floats vertex[4];
      const auto row = [&](int lane) {
        return &mesh.vertices[mesh.triangles[3 * static_cast<int64_t>(triangle[lane]) + i]].x;
      };
      GatherRows(row, vertex);
      x[i] = vertex[0], y[i] = vertex[1], z[i] = vertex[2], w[i] = vertex[3];
    }
  }
};

// The inverse of the matrix whose columns are the corners' (x, y, w), without the division by its
// determinant but with its sign (Olano and Greer 1997). Row i depends on the two corners of edge i
// alone, so the triangles on both sides of an edge compute the same numbers up to the sign, bit for
// bit, and leave no crack. That needs separate multiplications and additions: -ffp-contract=off.
//
// Coverage and depth follow the original renderer's float32 arithmetic operation by operation, so
// that the same triangles are shown.
struct EdgeLanes {
  Floats a[3], b[3], c[3];
  // False for triangles without area as seen from the eye, where float32 overflows, and for those
  // that are culled.
  Ints is_drawn;

  EdgeLanes(const CornerLanes& t, Culling culling) {
    for (int i = 0; i < 3; ++i) {
      const int j = (i + 1) % 3, k = (i + 2) % 3;
      a[i] = t.y[j] * t.w[k] - t.y[k] * t.w[j];
      b[i] = t.x[k] * t.w[j] - t.x[j] * t.w[k];
      c[i] = t.x[j] * t.y[k] - t.x[k] * t.y[j];
    }
    const Floats determinant = t.x[0] * a[0] + t.x[1] * a[1] + t.x[2] * a[2];
    const Ints is_clockwise = determinant < 0.0f;
    const Ints flip = is_clockwise & INT32_MIN;
    for (int i = 0; i < 3; ++i) {
      a[i] = BitsToFloats(FloatBits(a[i]) ^ flip);
      b[i] = BitsToFloats(FloatBits(b[i]) ^ flip);
      c[i] = BitsToFloats(FloatBits(c[i]) ^ flip);
    }
    const Floats size = BitsToFloats(FloatBits(determinant) & INT32_MAX);
    is_drawn = (size > 0.0f) & (size <= FLT_MAX);
    if (culling == Culling::kClockwise) is_drawn &= ~is_clockwise;
    if (culling == Culling::kCounterClockwise) is_drawn &= is_clockwise;
  }

  // Compute the parts of the edge functions that a point's column and its row contribute.
  void OfColumn(Floats px, Floats out[3]) const {
    for (int i = 0; i < 3; ++i) out[i] = a[i] * px;
  }
  void OfRow(Floats py, Floats out[3]) const {
    for (int i = 0; i < 3; ++i) out[i] = b[i] * py;
  }

  // Tells where the points are seen, which is inside and at a depth in [-1, 1]; writes the depth.
  Ints Test(const CornerLanes& t, const Floats of_column[3], const Floats of_row[3],
            Floats* depth) const {
    Floats e[3];
    for (int i = 0; i < 3; ++i) e[i] = of_column[i] + of_row[i] + c[i];
    const Ints inside = is_drawn & (e[0] >= 0.0f) & (e[1] >= 0.0f) & (e[2] >= 0.0f);
    const Floats sum = e[0] + e[1] + e[2];
    const Floats b0 = e[0] / sum, b1 = e[1] / sum, b2 = e[2] / sum;
    const Floats z = b0 * t.z[0] + b1 * t.z[1] + b2 * t.z[2];
    const Floats w = b0 * t.w[0] + b1 * t.w[1] + b2 * t.w[2];
    *depth = z / w;
    // NaN, where float32 overflows, is accepted by no comparison.
    return inside & (*depth >= -1.0f) & (*depth <= 1.0f);
  }
};

// Turns depths into integers that compare as the depths do if taken as unsigned; -0 becomes 0.
inline Ints SortableDepth(Floats depth) {
  const Ints bits = FloatBits(depth + 0.0f);
  return bits < 0 ? ~bits : bits | INT32_MIN;
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_EDGE_FUNCTIONS_LANES_H_
