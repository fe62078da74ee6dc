// The TensorFlow-free core as C functions, for the tests to call through ctypes.

#include <cstdint>
#include <vector>

#include "barycentrics.h"
#include "rasterizer.h"

namespace mr = mesh_renderer;

extern "C" {

// Barycentrics [3] at a point, and their Jacobian [3, 3, 3]: barycentric, corner, (x, y, w).
// Returns 0 where they do not exist.
int BarycentricsAt(const float* corners, double px, double py, double* b, float* jacobian) {
  mr::ClipTriangle triangle;
  for (int i = 0; i < 3; ++i) {
    const float* c = corners + 4 * i;
    triangle.v[i] = {c[0], c[1], c[2], c[3]};
  }
  mr::Barycentrics at;
  if (!mr::ComputeBarycentrics(triangle, px, py, &at)) return 0;
  for (int i = 0; i < 3; ++i) {
    b[i] = at.b[i];
    const float db[3] = {i == 0 ? 1.0f : 0.0f, i == 1 ? 1.0f : 0.0f, i == 2 ? 1.0f : 0.0f};
    mr::BarycentricsGradient(at, db, reinterpret_cast<float (*)[3]>(jacobian + 9 * i));
  }
  return 1;
}

// Renders rows band by band, in reverse order.
void RasterizeInBands(const float* vertices, int64_t vertex_count, const int32_t* triangles,
                      int64_t triangle_count, int32_t width, int32_t height, int32_t band,
                      float* barycentrics, int32_t* triangle_ids, float* z_buffer) {
  const auto* points = reinterpret_cast<const mr::ClipVertex*>(vertices);
  const mr::MeshView mesh{points, vertex_count, triangles, triangle_count};
  const mr::ImageSize size{width, height};
  std::vector<mr::ScreenPoint> screen(vertex_count);
  mr::ProjectVertices(points, vertex_count, size, screen.data());
  const mr::Framebuffer out{barycentrics, triangle_ids, z_buffer};
  for (int end = height; end > 0; end -= band) {
    const int begin = end > band ? end - band : 0;
    mr::FindVisibleTriangles(mesh, screen.data(), size, begin, end, out);
    mr::ResolveRows(mesh, size, begin, end, out);
  }
}

}  // extern "C"
