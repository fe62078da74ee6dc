// The pixels of an image that show something.

#ifndef MESH_RENDERER_KERNELS_COVERED_PIXELS_H_
#define MESH_RENDERER_KERNELS_COVERED_PIXELS_H_

#include <cstdint>

#include "clip_triangle.h"

namespace mesh_renderer {

// A pixel that shows something, and the triangle that it shows.
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

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_COVERED_PIXELS_H_
