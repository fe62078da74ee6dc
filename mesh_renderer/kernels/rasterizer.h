// Rasterization of one mesh into one image: visibility, then barycentric coordinates.

#ifndef MESH_RENDERER_KERNELS_RASTERIZER_H_
#define MESH_RENDERER_KERNELS_RASTERIZER_H_

#include <cstdint>

#include "clip_triangle.h"

namespace mesh_renderer {

// The triangle id of a pixel that no triangle covers, before ResolveRows replaces it by 0.
constexpr int32_t kNoTriangle = -1;

// A vertex in pixels: centers of pixels have fractional parts of one half. x is infinite where the
// vertex has no image: behind the eye, on the eye plane, or not finite.
struct ScreenPoint {
  float x, y;
};

struct Framebuffer {
  float* barycentrics;    // [height, width, 3]
  int32_t* triangle_ids;  // [height, width]
  float* z_buffer;        // [height, width]
};

void ProjectVertices(const ClipVertex* vertices, int64_t count, ImageSize image, ScreenPoint* out);

// Writes triangle ids (kNoTriangle where empty) and depths (1 where empty) of rows
// [row_begin, row_end). A pixel on an edge is inside; depths lie in [-1, 1]; of equal depths the
// later triangle wins. Neither side of a triangle is culled. A pixel's result does not depend on
// how the rows are divided.
void FindVisibleTriangles(const MeshView& mesh, const ScreenPoint* screen, ImageSize image,
                          int row_begin, int row_end, const Framebuffer& out);

// Writes the barycentric coordinates of rows that have their triangle ids; where there is no
// triangle, they and the id become 0.
void ResolveRows(const MeshView& mesh, ImageSize image, int row_begin, int row_end,
                 const Framebuffer& out);

// Adds the gradient of a loss with respect to clip-space vertices [vertices, 4] to d_vertices,
// given its gradient with respect to the barycentric coordinates. The triangle of a pixel is held
// fixed, depths have no gradient.
void AddRasterizationGradient(const MeshView& mesh, ImageSize image, const float* barycentrics,
                              const int32_t* triangle_ids, const float* d_barycentrics,
                              float* d_vertices);

// Whether a triangle covers the pixel: barycentric coordinates are all 0 where none does.
inline bool IsCovered(const float barycentrics[3]) {
  return barycentrics[0] != 0.0f || barycentrics[1] != 0.0f || barycentrics[2] != 0.0f;
}

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_RASTERIZER_H_
