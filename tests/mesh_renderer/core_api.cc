// The core without TensorFlow as C functions, which the tests call through ctypes.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "barycentrics.h"
#include "kernels.h"
#include "rasterizer.h"

namespace mr = mesh_renderer;

extern "C" {

const char* InstructionSet() { return mr::BestKernels().name; }

// Computes barycentrics [3] at a point, and their Jacobian [3, 3, 3] by barycentric, corner and
// (x, y, w). Returns 0 where they do not exist.
int BarycentricsAt(const double* corners, double px, double py, double* b, double* jacobian) {
  double x[3], y[3], w[3];
  for (int i = 0; i < 3; ++i) {
    x[i] = corners[4 * i], y[i] = corners[4 * i + 1], w[i] = corners[4 * i + 3];
  }
  const mr::Barycentrics at = mr::ComputeBarycentrics(x, y, w, px, py);
  if (!std::isfinite(at.b[0] + at.inverse_x[0])) return 0;
  for (int i = 0; i < 3; ++i) {
    b[i] = at.b[i];
    const double db[3] = {i == 0 ? 1.0 : 0.0, i == 1 ? 1.0 : 0.0, i == 2 ? 1.0 : 0.0};
    double q[3];
    mr::BarycentricsGradient(at.b, at.inverse_x, at.inverse_y, db, px, py, q);
    for (int k = 0; k < 9; ++k) jacobian[9 * i + k] = -at.b[k / 3] * q[k % 3];
  }
  return 1;
}

// Draws the triangles in parts with keys of their own, from the last to the first.
void RasterizeInParts(const float* vertices, int64_t vertex_count, const int32_t* triangles,
                      int64_t triangle_count, int32_t width, int32_t height, int32_t culling,
                      int32_t parts, float* barycentrics, int32_t* triangle_ids, float* z_buffer) {
  const auto* points = reinterpret_cast<const mr::ClipVertex*>(vertices);
  const mr::MeshView mesh{points, vertex_count, triangles, triangle_count};
  const mr::ImageSize size{width, height};
  const mr::Rasterizer rasterizer(size, static_cast<mr::Culling>(culling));
  std::vector<mr::VertexBox> boxes(vertex_count);
  std::vector<mr::Key> keys(parts * size.PixelCount());
  rasterizer.Project(mesh, 0, vertex_count, boxes.data());
  for (int part = parts - 1; part >= 0; --part) {
    rasterizer.Draw(mesh, boxes.data(), triangle_count * part / parts,
                    triangle_count * (part + 1) / parts, keys.data() + part * size.PixelCount());
  }
  rasterizer.Resolve(keys.data(), parts, 0, size.PixelCount(), triangle_ids, z_buffer);
  std::fill(barycentrics, barycentrics + 3 * size.PixelCount(), 0.0f);
  std::vector<mr::CoveredPixel> pixels(size.PixelCount() + mr::kMaxLanes);
  const int64_t count =
      mr::BestKernels().list_covered_pixels(triangle_ids, size, 0, height, pixels.data());
  mr::BestKernels().resolve_barycentrics(mesh, {pixels.data(), count, size}, barycentrics);
}

}  // extern "C"
