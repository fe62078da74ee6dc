// Phong shading: what lights an image, and the pixels that are lit.

#ifndef MESH_RENDERER_KERNELS_PHONG_H_
#define MESH_RENDERER_KERNELS_PHONG_H_

#include <cstdint>

#include "clip_triangle.h"

namespace mesh_renderer {

// The lights and the camera of one image, in world space.
struct Lighting {
  int64_t light_count;
  const float* positions;    // [lights, 3]
  const float* intensities;  // [lights, 3], RGB
  const float* ambient;      // [3], RGB
  const float* camera;       // [3], or null: no specular light
};

// Gradients with respect to lights and camera are sums over pixels. They are kept as one flat
// array: [lights, 3] positions, [lights, 3] intensities, [3] ambient, [3] camera.
inline int64_t LightingSumCount(int64_t light_count) { return 6 * light_count + 6; }

// Widest vector of any instruction set: sums are kept for each lane until a unit of work is done.
constexpr int kMaxLanes = 16;

// Surface properties of the pixels of one image, row 0 at the bottom.
struct SurfaceImage {
  const float* normals;    // [pixels, 3], unit
  const float* positions;  // [pixels, 3], in world space
  const float* diffuse;    // [pixels, 3], RGB
  const float* specular;   // [pixels, 3], RGB; not read without a camera
  const float* shininess;  // [pixels]; not read without a camera
};

// The gradients with respect to a SurfaceImage.
struct SurfaceImageGradient {
  float *normals, *positions, *diffuse, *specular, *shininess;
};

// A pixel that shows something, and what.
struct CoveredPixel {
  int16_t column, row;
  int32_t triangle;
};

// A list of pixels of one image.
struct PixelList {
  const CoveredPixel* pixels;
  int64_t count;
  ImageSize image;
};

// How the sums of one unit of work are brought together: adds its lanes to sums.
inline void AddLanes(const float* lane_sums, int64_t count, float* sums) {
  for (int64_t i = 0; i < count; ++i) {
    for (int lane = 0; lane < kMaxLanes; ++lane) sums[i] += lane_sums[i * kMaxLanes + lane];
  }
}

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_PHONG_H_
