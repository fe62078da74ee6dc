// Interpolation of vertex attributes over the pixels of one image.

#ifndef MESH_RENDERER_KERNELS_INTERPOLATION_H_
#define MESH_RENDERER_KERNELS_INTERPOLATION_H_

#include <cstdint>

namespace mesh_renderer {

// Where the pixels of one image lie on its mesh. Ids and indices have been checked.
struct PixelsOnMesh {
  const int32_t* triangles;     // [triangles, 3]
  const float* barycentrics;    // [pixels, 3]
  const int32_t* triangle_ids;  // [pixels]
};

// Writes pixels [begin, end) of out [pixels, channels]: the sum of the corners' attributes
// [vertices, channels] weighted by the barycentric coordinates; the background [channels] where
// these are all 0.
void InterpolateAttributes(const PixelsOnMesh& pixels, const float* attributes,
                           const float* background, int64_t channels, int64_t begin, int64_t end,
                           float* out);

// Adds the gradients with respect to the attributes and to the background, and writes that with
// respect to the barycentric coordinates (0 where empty).
void AddInterpolationGradient(const PixelsOnMesh& pixels, const float* attributes,
                              const float* d_out, int64_t channels, int64_t pixel_count,
                              float* d_attributes, float* d_barycentrics, float* d_background);

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_INTERPOLATION_H_
