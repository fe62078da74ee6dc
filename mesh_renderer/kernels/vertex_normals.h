// Area-weighted vertex normals of one mesh.

#ifndef MESH_RENDERER_KERNELS_VERTEX_NORMALS_H_
#define MESH_RENDERER_KERNELS_VERTEX_NORMALS_H_

#include <cstdint>

namespace mesh_renderer {

// Triangles and positions [vertices, 3] of one mesh. The indices have been checked.
struct SurfaceView {
  const float* positions;
  int64_t vertex_count;
  const int32_t* triangles;
  int64_t triangle_count;
};

// Writes unit normals [vertices, 3], zeros where the sum of the triangles' normals is nothing but
// rounding, and the reciprocal of that sum's length [vertices], 0 where it has no direction.
// Triangles with positions that are not finite count for nothing.
void ComputeVertexNormals(const SurfaceView& surface, float* normals, float* per_length);

// Writes the gradient with respect to the positions [vertices, 3], given what ComputeVertexNormals
// wrote. Vertices whose normal is zero contribute nothing.
void VertexNormalsGradient(const SurfaceView& surface, const float* normals,
                           const float* per_length, const float* d_normals, float* d_positions);

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_VERTEX_NORMALS_H_
