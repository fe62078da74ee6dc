#include "interpolation.h"

#include <algorithm>

#include "rasterizer.h"

namespace mesh_renderer {

void InterpolateAttributes(const PixelsOnMesh& pixels, const float* attributes,
                           const float* background, int64_t channels, int64_t begin, int64_t end,
                           float* out) {
  for (int64_t pixel = begin; pixel < end; ++pixel) {
    float* value = out + channels * pixel;
    const float* b = pixels.barycentrics + 3 * pixel;
    if (!IsCovered(b)) {
      std::copy(background, background + channels, value);
      continue;
    }
    const int32_t* corner = pixels.triangles + 3 * static_cast<int64_t>(pixels.triangle_ids[pixel]);
    const float* first = attributes + channels * corner[0];
    const float* second = attributes + channels * corner[1];
    const float* third = attributes + channels * corner[2];
    for (int64_t c = 0; c < channels; ++c) {
      value[c] = b[0] * first[c] + b[1] * second[c] + b[2] * third[c];
    }
  }
}

void AddInterpolationGradient(const PixelsOnMesh& pixels, const float* attributes,
                              const float* d_out, int64_t channels, int64_t pixel_count,
                              float* d_attributes, float* d_barycentrics, float* d_background) {
  for (int64_t pixel = 0; pixel < pixel_count; ++pixel) {
    const float* d_value = d_out + channels * pixel;
    const float* b = pixels.barycentrics + 3 * pixel;
    float* d_b = d_barycentrics + 3 * pixel;
    if (!IsCovered(b)) {
      std::fill(d_b, d_b + 3, 0.0f);
      for (int64_t c = 0; c < channels; ++c) d_background[c] += d_value[c];
      continue;
    }
    const int32_t* corner = pixels.triangles + 3 * static_cast<int64_t>(pixels.triangle_ids[pixel]);
    for (int i = 0; i < 3; ++i) {
      const float* attribute = attributes + channels * corner[i];
      float* d_attribute = d_attributes + channels * corner[i];
      float sum = 0.0f;
      for (int64_t c = 0; c < channels; ++c) {
        sum += d_value[c] * attribute[c];
        d_attribute[c] += b[i] * d_value[c];
      }
      d_b[i] = sum;
    }
  }
}

}  // namespace mesh_renderer
