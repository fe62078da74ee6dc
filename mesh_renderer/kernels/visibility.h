// What decides which triangle a pixel shows.

#ifndef MESH_RENDERER_KERNELS_VISIBILITY_H_
#define MESH_RENDERER_KERNELS_VISIBILITY_H_

#include "clipping.h"

namespace mesh_renderer {

// The largest number of columns and of rows, so that boxes and their sums fit 16 bits.
constexpr int32_t kLargestSide = 16383;

// What one vertex contributes to the box of a triangle: the first column and row whose centers are
// not before it, and the negated end of those not behind it. The smallest of three such values is
// the triangle's. All four are kUnprojected where the vertex has no image (behind the eye, on the
// eye plane, or no number that IsSane), and where it lies so far before the near plane or behind
// the far plane that little of the box would be seen.
struct VertexBox {
  int16_t left, bottom, minus_right, minus_top;
};
constexpr int16_t kUnprojected = -16384;

// The largest |z| / w, where near and far plane are at 1, of a vertex that has a box.
constexpr float kDeepest = 4.0f;

// Boxes are larger than the triangle by this share of the image's side, so that rounding of the
// projection and of the edge functions never takes a pixel from the latters' decision. Rounding
// shifts the edge of a triangle by about 2e-7 of the image over the edge's own share of it.
constexpr float kBoxSlack = 1.0f / 16384;

// What a pixel shows so far: depth in the upper half, in an order in which unsigned numbers
// compare as depths do; the inverted triangle id in the lower, so that of equal depths the later
// triangle is the smaller key. The order of drawing plays no part.
using Key = uint64_t;
constexpr Key kEmptyKey = ~Key{0};

// The triangle id of a pixel that shows none.
constexpr int32_t kNoTriangle = -1;

// Which triangles are not drawn, by the winding of their corners as seen in an image whose y axis
// points up.
enum class Culling : int32_t { kNone = 0, kClockwise = 1, kCounterClockwise = 2 };

// Normalized device coordinates of the pixels' centers, [width] and [height].
struct PixelCenters {
  const float *x, *y;
};

// The image that is drawn to.
struct KeyImage {
  ImageSize size;
  PixelCenters centers;
  Key* keys;  // [height, width]
};

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_VISIBILITY_H_
