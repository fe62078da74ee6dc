// Homogeneous edge functions, which decide coverage and visibility, one triangle a lane.

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

  CornerLanes(const MeshView& mesh, Ints triangle) {
    const auto* indices = reinterpret_cast<const float*>(mesh.triangles);
    const auto* values = reinterpret_cast<const float*>(mesh.vertices);
    for (int i = 0; i < 3; ++i) {
      const Ints vertex = 4 * FloatBits(Gather(indices + i, 3 * triangle));
      x[i] = Gather(values, vertex);
      y[i] = Gather(values + 1, vertex);
      z[i] = Gather(values + 2, vertex);
      w[i] = Gather(values + 3, vertex);
    }
  }
};

// The inverse of the matrix whose columns are the corners' (x, y, w), without the division by its
// determinant but with its sign (Olano and Greer 1997). Row i depends on the two corners of edge i
// alone, so the triangles on both sides of an edge compute the same numbers up to the sign, bit
// for bit: no cracks. That needs separate multiplications and additions: -ffp-contract=off.
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

  // Where the points are seen: inside, and at a depth in [-1, 1], which is written.
  Ints Test(const CornerLanes& t, Floats px, Floats py, Floats* depth) const {
    Floats e[3];
    for (int i = 0; i < 3; ++i) e[i] = a[i] * px + b[i] * py + c[i];
    const Ints inside = is_drawn & (e[0] >= 0.0f) & (e[1] >= 0.0f) & (e[2] >= 0.0f);
    if (MaskBits(inside) == 0) return inside;
    const Floats sum = e[0] + e[1] + e[2];
    const Floats b0 = e[0] / sum, b1 = e[1] / sum, b2 = e[2] / sum;
    const Floats z = b0 * t.z[0] + b1 * t.z[1] + b2 * t.z[2];
    const Floats w = b0 * t.w[0] + b1 * t.w[1] + b2 * t.w[2];
    *depth = z / w;
    // NaN, where float32 overflows, is accepted by no comparison.
    return inside & (*depth >= -1.0f) & (*depth <= 1.0f);
  }
};

// Depths as integers that compare unsigned as the depths do; -0 becomes 0.
inline Ints SortableDepth(Floats depth) {
  const Ints bits = FloatBits(depth + 0.0f);
  return bits < 0 ? ~bits : bits | INT32_MIN;
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_EDGE_FUNCTIONS_LANES_H_
