// Images are cut into bands of rows, which are units of work.

#ifndef MESH_RENDERER_KERNELS_BANDS_H_
#define MESH_RENDERER_KERNELS_BANDS_H_

#include <algorithm>
#include <cstdint>

#include "clip_triangle.h"

namespace mesh_renderer {

// A band of rows of one image.
struct Band {
  int64_t image;
  int32_t begin, end;
};

// How images are cut into bands. This does not depend on the number of threads, and so sums over
// bands do not depend on it either.
struct Bands {
  static constexpr int64_t kPixelsPerBand = 4096;

  int64_t batch;
  ImageSize size;

  int32_t RowsPerBand() const {
    return static_cast<int32_t>(
        std::max<int64_t>(1, kPixelsPerBand / std::max<int32_t>(1, size.width)));
  }
  int64_t PerImage() const { return (size.height + RowsPerBand() - 1) / RowsPerBand(); }
  int64_t Count() const { return batch * PerImage(); }
  Band At(int64_t unit) const {
    const auto begin = static_cast<int32_t>(unit % PerImage()) * RowsPerBand();
    return {unit / PerImage(), begin, std::min(begin + RowsPerBand(), size.height)};
  }
};

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_BANDS_H_
