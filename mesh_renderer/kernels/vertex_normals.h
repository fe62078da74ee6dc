// Area-weighted vertex normals of one mesh.

#ifndef MESH_RENDERER_KERNELS_VERTEX_NORMALS_H_
#define MESH_RENDERER_KERNELS_VERTEX_NORMALS_H_

#include <cstdint>
#include <vector>

namespace mesh_renderer {

// Triangles and positions [vertices, 3] of one mesh. The indices have been checked.
struct SurfaceView {
  const float* positions;
  int64_t vertex_count;
  const int32_t* triangles;
  int64_t triangle_count;
};

// Sums over the triangles around each vertex.
struct NormalSums {
  std::vector<float> normal;  // [vertices, 3] cross products of two edges
  std::vector<float> scale;   // [vertices] products of the sizes of the two edges
};

// Triangles with positions that are not finite count for nothing.
NormalSums SumTriangleNormals(const SurfaceView& surface);

// Writes unit normals [vertices, 3], or zeros where the sum is nothing but rounding.
void ComputeVertexNormals(const SurfaceView& surface, float* normals);

// Adds the gradient with respect to the positions to d_positions. Vertices whose normal is zero
// contribute nothing.
void AddVertexNormalsGradient(const SurfaceView& surface, const float* d_normals,
                              float* d_positions);

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_VERTEX_NORMALS_H_
