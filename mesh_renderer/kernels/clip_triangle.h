// Triangles in homogeneous clip space, and the points of the image plane.
//
// A pixel (column, row) has its center at normalized device coordinates
// ((column + 0.5) / (width / 2) - 1, (row + 0.5) / (height / 2) - 1): row 0 is the bottom.

#ifndef MESH_RENDERER_KERNELS_CLIP_TRIANGLE_H_
#define MESH_RENDERER_KERNELS_CLIP_TRIANGLE_H_

#include <cmath>
#include <cstdint>

namespace mesh_renderer {

// A row of a [vertices, 4] array.
struct ClipVertex {
  float x, y, z, w;
};

struct ClipTriangle {
  ClipVertex v[3];
};

// A mesh of one image. The indices have been checked against vertex_count.
struct MeshView {
  const ClipVertex* vertices;
  int64_t vertex_count;
  const int32_t* triangles;
  int64_t triangle_count;

  ClipTriangle Triangle(int64_t id) const {
    const int32_t* corner = triangles + 3 * id;
    return {{vertices[corner[0]], vertices[corner[1]], vertices[corner[2]]}};
  }
};

struct ImageSize {
  int32_t width, height;

  int64_t PixelCount() const { return static_cast<int64_t>(width) * height; }
  double CenterX(int column) const { return (column + 0.5) / (0.5f * width) - 1.0; }
  double CenterY(int row) const { return (row + 0.5) / (0.5f * height) - 1.0; }
};

// Beyond this coordinate float32 has no digits left for where the other corners of a triangle are.
constexpr float kLargestCoordinate = 1e12f;

// Tells whether a vertex is finite, and not astronomically far away. No comparison accepts NaN.
inline bool IsSane(const ClipVertex& v) {
  return std::fabs(v.x) <= kLargestCoordinate && std::fabs(v.y) <= kLargestCoordinate &&
         std::fabs(v.z) <= kLargestCoordinate && std::fabs(v.w) <= kLargestCoordinate;
}

inline bool IsSane(const ClipTriangle& t) {
  return IsSane(t.v[0]) && IsSane(t.v[1]) && IsSane(t.v[2]);
}

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_CLIP_TRIANGLE_H_
