// Phong shading: what lights an image, and the pixels that are lit.

#ifndef MESH_RENDERER_KERNELS_PHONG_H_
#define MESH_RENDERER_KERNELS_PHONG_H_

#include <cstdint>

namespace mesh_renderer {

// The lights and the camera of one image, in world space.
struct Lighting {
  int64_t light_count;
  const float* positions;    // [lights, 3]
  const float* intensities;  // [lights, 3], RGB
  const float* ambient;      // [3], RGB
  const float* camera;       // [3]; null if there is no specular light
};

// Gradients with respect to lights and camera are sums over pixels. They are kept as one flat
// array: [lights, 3] positions, [lights, 3] intensities, [3] ambient, [3] camera.
inline int64_t LightingSumCount(int64_t light_count) { return 6 * light_count + 6; }

// The number of lanes of the widest vector of any instruction set. Sums are kept for each lane
// until a unit of work is done.
constexpr int kMaxLanes = 16;

// Surface properties of the pixels of one image (row 0 at the bottom, normals of unit length), or
// of the vertices of one mesh.
struct SurfaceAttributes {
  const float* normals;    // [n, 3], in world space
  const float* positions;  // [n, 3], in world space
  const float* diffuse;    // [n, 3], RGB
  const float* specular;   // [n, 3], RGB; not read without a camera
  const float* shininess;  // [n]; not read without a camera
};

// The gradients with respect to SurfaceAttributes.
struct SurfaceGradient {
  float *normals, *positions, *diffuse, *specular, *shininess;
};

// The gradients of one vertex of a shaded mesh while they are summed up: normal, position, diffuse
// and specular color, shininess, and clip-space x, y and w. All of them are gradients of pixels
// times the vertex's barycentric coordinate. Together they fill one cache line, whereas the arrays
// that they are moved to at the end would take six.
struct alignas(64) VertexSums {
  float values[16];
};

// Memory for the sums of all vertices, [V] each. It is zero before and after use.
struct VertexSumsScratch {
  VertexSums* sums;
  bool* is_used;
};

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_PHONG_H_
